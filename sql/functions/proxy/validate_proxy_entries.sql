-- Reads activities of an organisation that the coordinator need not see: only our definers call it.
create or replace function private.validate_proxy_entries(
    entries private.proxy_entry[],
    standings private.proxy_standing[],
    coordinator_id uuid
)
returns private.proxy_finding[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        with entry as (
            select
                given.*,
                row_number() over (partition by given.id order by given.entry_index) as nth_of_id,
                row_number() over (
                    partition by given.mentor_id, given.occurred_on, given.activity_type, given.duration_minutes
                    order by given.entry_index
                ) as nth_alike,
                known.standing
            from unnest(validate_proxy_entries.entries) as given
            left join unnest(validate_proxy_entries.standings) as known on known.mentor_id = given.mentor_id
        ),
        registered as (
            select
                entry.entry_index,
                -- As it stands, or as it was first said: somebody may have corrected it since.
                private.proxy_activity_record(activity) @> said.record
                or exists (
                    select
                    from public.proxy_audit_log as log
                    where
                        log.proxy_activity_id = entry.id
                        and log.event_type in ('created', 'bulk_created')
                        and log.payload_snapshot @> said.record
                ) as is_same
            from entry
            inner join public.activities as activity on activity.id = entry.id
            cross join lateral (
                select jsonb_build_object(
                    'coordinator_id', validate_proxy_entries.coordinator_id,
                    'attributed_mentor_id', entry.mentor_id,
                    'activity_type', entry.activity_type,
                    'occurred_on', entry.occurred_on,
                    'duration_minutes', entry.duration_minutes,
                    'participant_count', entry.participant_count,
                    'delivery_mode', entry.delivery_mode
                ) as record
            ) as said
        ),
        unheard as (
            select entry.* from entry where entry.entry_index not in (select registered.entry_index from registered)
        ),
        finding as (
            select
                entry.entry_index,
                'mentor_id' as field,
                'error' as severity,
                case entry.standing
                    when 'self' then 'is you: what you did yourself you register as a mentor, not by proxy'
                    when 'outside' then 'is outside your chapters'
                    else 'is no mentor that you can see'
                end as reason,
                case when entry.standing in ('self', 'outside') then '42501' else 'PT404' end as error_code
            from entry
            where entry.standing <> 'in_scope'
            union all
            select entry.entry_index, 'id', 'error', 'is the id of an earlier entry too', '22023'
            from entry
            where entry.id is not null and entry.nth_of_id > 1
            union all
            select registered.entry_index, 'id', 'error', 'cannot be used: leave it out, or choose another', '22023'
            from registered
            where not registered.is_same
            union all
            select limited.*
            from private.proxy_limit_findings(
                (
                    select array_agg(given)
                    from unnest(validate_proxy_entries.entries) as given
                    where given.entry_index in (select unheard.entry_index from unheard)
                ),
                validate_proxy_entries.standings
            ) as limited
            union all
            select unheard.entry_index, null, 'warning', 'is like an earlier entry: same mentor, day, type and duration', null
            from unheard
            where unheard.standing = 'in_scope' and unheard.nth_alike > 1
            union all
            select unheard.entry_index, null, 'warning', 'is like a registered activity: same mentor, day, type and duration', null
            from unheard
            where
                unheard.standing = 'in_scope'
                and exists (
                    select
                    from public.activities as activity
                    where
                        activity.mentor_id = unheard.mentor_id
                        and activity.occurred_on = unheard.occurred_on
                        and activity.activity_type = unheard.activity_type
                        and activity.duration_minutes = unheard.duration_minutes
                        and activity.voided_at is null
                )
        )
        select array_agg(
            row(finding.*)::private.proxy_finding
            order by finding.entry_index, finding.field nulls last, finding.reason
        )
        from finding
    );
end
$$;

comment on function private.validate_proxy_entries is
'What is wrong with entries that could be read: mentors out of reach, ids that are taken, limits; and as warnings what
looks registered already. An activity that is sent again is neither. For our functions only; lock the mentors first.';
revoke all on function private.validate_proxy_entries from public, anon, authenticated, service_role;
