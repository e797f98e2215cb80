-- Definer: reads what lies in private tables; the caller is checked first. It writes nothing.
create or replace function public.simulate_activities(
    mentor_id uuid,
    entries jsonb
)
returns table (
    badge_definition_id uuid,
    slug text,
    name text,
    qualified_on date
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    v_mentor public.peer_mentors;
    v_entries private.proxy_entry[];
    v_findings private.proxy_finding[];
    v_given private.activity_days[];
    v_awards jsonb;
begin
    v_mentor := private.require_own_or_coordinated(simulate_activities.mentor_id);
    perform private.require_entries(simulate_activities.entries);
    select reading.read_entries, reading.findings
    into v_entries, v_findings
    from private.read_proxy_entries((
        select
            jsonb_agg(
                case
                    when jsonb_typeof(entry.value) = 'object'
                        then jsonb_build_object('mentor_id', simulate_activities.mentor_id) || entry.value
                    else entry.value
                end
                order by entry.position
            )
        from jsonb_array_elements(simulate_activities.entries) with ordinality as entry (value, position)
    )) as reading;
    select v_findings || array_agg(
        row(entry.entry_index, 'mentor_id', 'error', 'is another mentor than the one asked about', '22023')::private.proxy_finding
        order by entry.entry_index
    )
    into v_findings
    from unnest(v_entries) as entry
    where entry.mentor_id <> simulate_activities.mentor_id;
    if v_findings is not null then
        perform private.raise_proxy_findings(v_findings, true);
    end if;

    v_given := array(
        select row(
            v_mentor.id, one.occurred_on, one.activity_type, one.delivery_mode, 1, one.duration_minutes, one.participant_count
        )::private.activity_days
        from (
            select known.occurred_on, known.activity_type, known.delivery_mode, known.duration_minutes, known.participant_count
            from private.activities_as_of(v_mentor.id, null) as known
            where not known.is_voided
            union all
            select entry.occurred_on, entry.activity_type, entry.delivery_mode, entry.duration_minutes, entry.participant_count
            from unnest(v_entries) as entry
        ) as one
    );
    v_awards := private.simulated_awards(
        v_mentor.id,
        array(select definition.id from public.badge_definitions as definition where definition.organisation_id = v_mentor.organisation_id),
        v_given,
        greatest(
            private.business_date(v_mentor.organisation_id, now()), (select max(entry.occurred_on) from unnest(v_entries) as entry)
        )
    );

    return query
    select definition.id, definition.slug, definition.name, (award.value #>> '{}')::date
    from jsonb_each(v_awards) as award
    inner join public.badge_definitions as definition on definition.id = award.key::uuid
    order by definition.slug;
end
$$;

comment on function public.simulate_activities is
'Shows which badges a mentor would earn by such activities, beside those that they did; nothing is written.
entries are 1 to 500 objects as register_proxy_activities takes them, without mentor_id; days to come are allowed. Callable by the mentor, coordinators
of the organisation and service_role. Errors: PT404, PL006 whose DETAIL is the path of each fault.';
revoke all on function public.simulate_activities from public, anon, authenticated, service_role;
grant execute on function public.simulate_activities to authenticated, service_role;
