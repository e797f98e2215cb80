create or replace function private.gaps_in_legal_holds()
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
as $$
    with entry as (
        select (event.details ->> 'legal_hold_id')::uuid as hold_id, event.event_kind, event.organisation_id
        from public.security_events as event
        where event.event_kind in ('legal_hold_set', 'legal_hold_lifted')
    ),
    state as materialized (select private.archived_until('security_events') as entries_from),
    hold as (
        select
            standing.*,
            (standing.lifted_at is not null) <> exists (
                select from entry where entry.hold_id = standing.id and entry.event_kind = 'legal_hold_lifted'
            ) as is_lifted_otherwise
        from public.legal_holds as standing
    )
    select
        'hold_differs', 'security_events', coalesce(hold.id, entry.hold_id),
        case
            when hold.id is null then 'it is gone'
            when hold.is_lifted_otherwise then 'it was lifted, or was not'
            else 'it has no entry'
        end,
        case
            -- A hold outlives the entry that set it: that it was lifted since must still be on record.
            when hold.is_lifted_otherwise then case when hold.lifted_at < state.entries_from then 'archived' end
            when hold.set_at < state.entries_from then 'archived'
        end
    from hold
    full join (select found.* from entry as found where found.event_kind = 'legal_hold_set') as entry
        on entry.hold_id = hold.id and entry.organisation_id = hold.organisation_id
    cross join state
    where hold.id is null or entry.hold_id is null or hold.is_lifted_otherwise
$$;

comment on function private.gaps_in_legal_holds is
'Legal holds that were set, lifted or removed without an entry; hole: why that is lawful. For private.find_incomplete_logs.';
revoke all on function private.gaps_in_legal_holds from public, anon, authenticated, service_role;
