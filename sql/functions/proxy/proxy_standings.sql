-- Definer: tells "not yours" from "not there", for mentors that the caller may not see.
create or replace function private.proxy_standings(
    coordinator_id uuid,
    mentor_ids uuid[]
)
returns private.proxy_standing[]
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select array_agg(
            row(
                asked.mentor_id,
                mentor.organisation_id,
                case
                    when mentor.id is null then 'unknown'
                    when proxy_standings.coordinator_id is null then 'in_scope'
                    when assigned.reaches is null then 'unknown'
                    when mentor.user_id = proxy_standings.coordinator_id then 'self'
                    when assigned.reaches then 'in_scope'
                    else 'outside'
                end,
                (now() at time zone organisation.time_zone)::date,
                case
                    when mentor.status = 'withdrawn'
                        then (mentor.status_changed_at at time zone organisation.time_zone)::date
                end,
                settings.activity_types
            )::private.proxy_standing
        )
        from (
            select distinct given.mentor_id
            from unnest(proxy_standings.mentor_ids) as given (mentor_id)
        ) as asked
        left join public.peer_mentors as mentor on mentor.id = asked.mentor_id
        left join public.organisations as organisation on organisation.id = mentor.organisation_id
        left join public.organisation_settings as settings on settings.organisation_id = mentor.organisation_id
        left join lateral (
            select
                bool_or(coalesce(private.reaches(assignment, mentor.organisation_id, mentor.chapter_id), false)) as reaches
            from public.coordinator_assignments as assignment
            where
                assignment.user_id = proxy_standings.coordinator_id
                and assignment.organisation_id = mentor.organisation_id
        ) as assigned on true
    );
end
$$;

comment on function private.proxy_standings is
'How a coordinator stands to each of these mentors; without a coordinator every mentor is in scope. For our
functions only.';
revoke all on function private.proxy_standings from public, anon, authenticated, service_role;
