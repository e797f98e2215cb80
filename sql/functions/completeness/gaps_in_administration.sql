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
-- Everything is compared with everything. Statistics that call a table empty would have one read for each row of the other; and a
-- merge by kind and id alone, in which facts are sorted already, would compare the thousands of parts of a badge each with each.
set enable_nestloop = off
set enable_mergejoin = off
set timezone = 'UTC'
as $$
    -- Materialized, and so asked once: what is archived is asked of the seals.
    with state as materialized (
        select
            private.archived_until('administrative_changes') as decisions_from,
            private.archived_until('badge_evaluation_logs') as awards_from,
            (select began.began_at from private.completeness_began() as began) as began_at
    ),
    -- Any order will do, so the cheapest.
    recorded as (
        select distinct on (fact.part collate "C", fact.subject_id, fact.subject_kind collate "C", fact.field collate "C") fact.*
        from private.recorded_facts() as fact
        order by
            fact.part collate "C", fact.subject_id, fact.subject_kind collate "C", fact.field collate "C", fact.recorded_at desc
    ),
    standing as (
        select
            fact.subject_kind,
            fact.subject_id,
            case when fact.subject_kind = 'badge' then fact.details ->> 'mentor_id' end as part,
            fact.details || jsonb_build_object('organisation_id', fact.organisation_id) as details,
            fact.there_since
        from private.administrative_facts() as fact
    ),
    presence as (
        select
            coalesce(standing.subject_kind, recorded.subject_kind) as subject_kind,
            coalesce(standing.subject_id, recorded.subject_id) as subject_id,
            coalesce(standing.part, recorded.part) as part,
            standing.subject_id is not null as is_there,
            recorded.value = 'true' as should_be_there,
            standing.there_since,
            recorded.recorded_at
        from standing
        full join (select fact.* from recorded as fact where fact.field = 'exists') as recorded
            on
                recorded.subject_kind = standing.subject_kind
                and recorded.subject_id = standing.subject_id
                -- Without nulls, so that it is a key: a badge may have thousands of parts, which would be compared each with each.
                and coalesce(recorded.part, '') = coalesce(standing.part, '')
        where
            -- private.gaps_in_disputes_and_grants compares these.
            coalesce(standing.subject_kind, recorded.subject_kind) not in ('dispute', 'grant_rule', 'grant_year')
    ),
    -- Awards stand in the evaluations. Where those could not be written, an alert said so.
    unwritten as (
        select distinct earned.badge_definition_id as subject_id, earned.mentor_id::text as part
        from public.ops_alerts as alert
        inner join public.earned_badges as earned
            on earned.earned_at between alert.raised_at - interval '1 minute' and coalesce(alert.acknowledged_at, 'infinity')
        where alert.dedupe_key = 'audit_write_failed:badge_evaluation_logs'
    )
    select
        case when presence.is_there then 'fact_without_entry' else 'entry_without_fact' end,
        'administrative_changes',
        presence.subject_id,
        presence.subject_kind || coalesce(' of ' || presence.part, ''),
        case
            -- What is there and has no entry any more may have been recorded in a month that is archived; of when it is nobody knows, in any.
            when
                presence.is_there
                and presence.should_be_there is null
                and coalesce(presence.there_since, '-infinity') < case
                    when presence.subject_kind = 'badge' then greatest(state.decisions_from, state.awards_from)
                    else state.decisions_from
                end
                then 'archived'
            when presence.is_there and presence.should_be_there is null and unwritten.subject_id is not null
                then 'could not be written'
            -- An award of before the log of what became of it.
            when not presence.is_there and presence.recorded_at < state.began_at then 'older than the log'
        end
    from presence
    cross join state
    left join unwritten on unwritten.subject_id = presence.subject_id and unwritten.part = presence.part
    where presence.is_there is distinct from presence.should_be_there
    union all
    select
        'fact_differs', 'administrative_changes', standing.subject_id,
        standing.subject_kind || ' ' || recorded.field || coalesce(' of ' || standing.part, ''),
        null
    from standing
    inner join recorded
        on
            recorded.subject_kind = standing.subject_kind
            and recorded.subject_id = standing.subject_id
            and coalesce(recorded.part, '') = coalesce(standing.part, '')
    where
        standing.details ? recorded.field
        and case
            when recorded.field = 'created_at'
                then
                    (recorded.value #>> '{}')::timestamptz
                    is distinct from (standing.details ->> recorded.field)::timestamptz
            else recorded.value is distinct from standing.details -> recorded.field
        end
$$;

comment on function private.gaps_in_administration is
'Decisions whose entry is missing or says something else than what is there now; hole: why that is lawful. For
private.find_incomplete_logs.';
revoke all on function private.gaps_in_administration from public, anon, authenticated, service_role;
