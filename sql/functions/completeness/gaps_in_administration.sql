-- Always over all: decisions are few beside activities.
create or replace function private.gaps_in_administration()
returns table (
    "check" text,
    log_name text,
    subject_id uuid,
    detail text,
    hole text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
-- Everything is compared with everything. Statistics that call a table empty would have one read for each row of the other.
set enable_nestloop = off
set timezone = 'UTC'
as $$
    with state as (
        select private.archived_until('administrative_changes') as archived_until, began.began_at
        from private.completeness_began() as began
    ),
    recorded as (
        select distinct on (fact.subject_kind, fact.subject_id, fact.part, fact.field) fact.*
        from private.recorded_facts() as fact
        order by fact.subject_kind, fact.subject_id, fact.part, fact.field, fact.recorded_at desc
    ),
    standing as (
        select
            fact.subject_kind,
            fact.subject_id,
            case when fact.subject_kind = 'badge' then fact.details ->> 'mentor_id' end as part,
            fact.details || jsonb_build_object('organisation_id', fact.organisation_id) as details
        from private.administrative_facts() as fact
    ),
    presence as (
        select
            coalesce(standing.subject_kind, recorded.subject_kind) as subject_kind,
            coalesce(standing.subject_id, recorded.subject_id) as subject_id,
            coalesce(standing.part, recorded.part) as part,
            standing.subject_id is not null as is_there,
            recorded.value = 'true' as should_be_there,
            recorded.recorded_at
        from standing
        full join (select fact.* from recorded as fact where fact.field = 'exists') as recorded
            on
                recorded.subject_kind = standing.subject_kind
                and recorded.subject_id = standing.subject_id
                -- Without nulls, so that it is a key: a badge may have thousands of parts, which would be compared each with each.
                and coalesce(recorded.part, '') = coalesce(standing.part, '')
        where
            -- Disputes, grant rules and closed years: private.gaps_in_disputes_and_grants.
            coalesce(standing.subject_kind, recorded.subject_kind) in (
                select known.subject_kind from private.administrative_subjects() as known
            )
    )
    select
        case when presence.is_there then 'fact_without_entry' else 'entry_without_fact' end,
        'administrative_changes',
        presence.subject_id,
        presence.subject_kind || coalesce(' of ' || presence.part, ''),
        case
            -- What is there and has no entry any more may have been recorded in a month that is archived.
            when presence.is_there and presence.should_be_there is null and state.archived_until > '-infinity'
                then 'archived'
            -- Awards stand in the evaluations, which could not be written then, and an alert said so.
            when
                presence.is_there and presence.should_be_there is null and presence.subject_kind = 'badge'
                and exists (
                    select
                    from public.earned_badges as earned
                    inner join public.ops_alerts as alert
                        on
                            alert.dedupe_key = 'audit_write_failed:badge_evaluation_logs'
                            and earned.earned_at between alert.raised_at - interval '1 minute'
                            and coalesce(alert.acknowledged_at, 'infinity')
                    where
                        earned.badge_definition_id = presence.subject_id
                        and earned.mentor_id = case when presence.subject_kind = 'badge' then presence.part::uuid end
                )
                then 'could not be written'
            -- An award of before the log of what became of it.
            when not presence.is_there and presence.recorded_at < state.began_at then 'older than the log'
        end
    from presence
    cross join state
    where presence.is_there is distinct from coalesce(presence.should_be_there, false)
    union all
    select
        'fact_differs', 'administrative_changes', standing.subject_id,
        standing.subject_kind || ' ' || fact.key || coalesce(' of ' || standing.part, ''),
        null
    from standing
    cross join lateral jsonb_each(standing.details) as fact
    inner join recorded
        on
            recorded.subject_kind = standing.subject_kind
            and recorded.subject_id = standing.subject_id
            and coalesce(recorded.part, '') = coalesce(standing.part, '')
            and recorded.field = fact.key
    where
        case
            when fact.key = 'created_at'
                then (recorded.value #>> '{}')::timestamptz is distinct from (fact.value #>> '{}')::timestamptz
            else recorded.value is distinct from fact.value
        end
$$;

comment on function private.gaps_in_administration is
'Decisions whose entry is missing or says something else than what is there now; hole: why that is lawful. For
private.find_incomplete_logs.';
revoke all on function private.gaps_in_administration from public, anon, authenticated, service_role;
