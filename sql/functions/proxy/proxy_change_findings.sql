-- Of what a change made: what was beyond a limit before may stay there, and what is voided, shortened or
-- left as it was always passes.
create or replace function private.proxy_change_findings(
    old_activities public.activities[],
    new_activities public.activities[]
)
returns private.proxy_finding[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        -- A full join is made by hashes, also in a plan that is kept from a statement of one row, and a condition would make another
        -- join of it.
        with pair as materialized (
            select new_one, old_one
            from unnest(proxy_change_findings.new_activities) as new_one
            full join unnest(proxy_change_findings.old_activities) as old_one on old_one.id = new_one.id
        ),
        change as (
            select
                (row_number() over (order by new_one.id))::int as entry_index,
                new_one.id,
                new_one.mentor_id,
                new_one.activity_type,
                new_one.occurred_on,
                new_one.duration_minutes,
                new_one.participant_count,
                new_one.delivery_mode,
                is_back or new_one.activity_type <> old_one.activity_type as has_other_type,
                is_back or new_one.delivery_mode <> old_one.delivery_mode as has_other_mode,
                is_back or new_one.participant_count > old_one.participant_count as adds_participants,
                is_back or is_moved as has_other_day,
                is_back or is_moved or new_one.duration_minutes > old_one.duration_minutes as adds_to_day
            from pair
            cross join lateral (select (pair.new_one).*) as new_one
            cross join lateral (select (pair.old_one).*) as old_one
            cross join lateral (
                select
                    old_one.voided_at is not null or old_one.coordinator_id is null as is_back,
                    (new_one.mentor_id, new_one.occurred_on) <> (old_one.mentor_id, old_one.occurred_on) as is_moved
            ) as kind
            where new_one.voided_at is null and new_one.coordinator_id is not null
        )
        select array_agg(finding)
        from private.proxy_limit_findings(
            (
                select array_agg(
                    row(
                        change.entry_index, change.id, change.mentor_id, change.activity_type, change.occurred_on,
                        change.duration_minutes, change.participant_count, change.delivery_mode
                    )::private.proxy_entry
                )
                from change
            ),
            private.proxy_standings(null, (select array_agg(change.mentor_id) from change))
        ) as finding
        inner join change on change.entry_index = finding.entry_index
        where
            case finding.field
                when 'activity_type' then change.has_other_type
                when 'delivery_mode' then change.has_other_mode
                when 'participant_count' then change.adds_participants
                when 'duration_minutes' then change.adds_to_day
                else change.has_other_day
            end
    );
end
$$;

comment on function private.proxy_change_findings is
'What an update of activities by proxy puts beyond the limits. For our functions only; lock the mentors first.';
revoke all on function private.proxy_change_findings from public, anon, authenticated, service_role;
