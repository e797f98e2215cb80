create or replace function private.gaps_in_website_sync()
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
as $$
    with state as materialized (
        select
            private.archived_until('hlf_sync_audit_log') as entries_from,
            (
                select min(alert.raised_at) - interval '1 minute'
                from public.ops_alerts as alert
                where alert.dedupe_key = 'audit_write_failed:hlf_sync_audit_log'
            ) as unwritten_from
    ),
    -- Entries of one transaction may bear one time; any of them may be the last.
    newest as (
        select ranked.mentor_id, array_agg(ranked.outcome) as outcomes
        from (
            select entry.mentor_id, entry.outcome, rank() over (partition by entry.mentor_id order by entry.created_at desc) as place
            from public.hlf_sync_audit_log as entry
        ) as ranked
        where ranked.place = 1
        group by ranked.mentor_id
    ),
    confirmed as (
        select ranked.mentor_id, array_agg(ranked.operation) as operations
        from (
            select entry.mentor_id, entry.operation, rank() over (partition by entry.mentor_id order by entry.created_at desc) as place
            from public.hlf_sync_audit_log as entry
            where entry.outcome = 'success'
        ) as ranked
        where ranked.place = 1
        group by ranked.mentor_id
    ),
    gap as (
        select 'dead_letter_without_entry' as "check", sync.mentor_id as subject_id, sync.updated_at as at, null as detail
        from public.hlf_sync_state as sync
        left join newest on newest.mentor_id = sync.mentor_id
        where sync.state = 'dead_lettered' and 'dead_lettered' <> all (coalesce(newest.outcomes, '{}'))
        union all
        select 'confirmation_without_entry', sync.mentor_id, sync.updated_at, sync.confirmed_operation
        from public.hlf_sync_state as sync
        left join confirmed on confirmed.mentor_id = sync.mentor_id
        where sync.confirmed_operation is not null and sync.confirmed_operation <> all (coalesce(confirmed.operations, '{}'))
        union all
        select 'entry_without_state', newest.mentor_id, null::timestamptz, null
        from newest
        inner join public.peer_mentors as mentor on mentor.id = newest.mentor_id
        where not exists (select from public.hlf_sync_state as sync where sync.mentor_id = newest.mentor_id)
        union all
        select 'removal_without_entry', removal.id, removal.confirmed_at, removal.confirmed_at::text
        from public.hlf_removals as removal
        where
            removal.confirmed_at is not null
            and not exists (
                select
                from public.hlf_sync_audit_log as entry
                where
                    entry.mentor_id = removal.mentor_id
                    and entry.operation = 'remove'
                    and entry.outcome = 'success'
                    -- Both are written by one transaction, one after the other.
                    and entry.created_at between removal.confirmed_at - interval '1 minute'
                    and removal.confirmed_at + interval '1 minute'
            )
    )
    select
        gap."check", 'hlf_sync_audit_log', gap.subject_id, gap.detail,
        case
            when gap.at < state.entries_from then 'archived'
            -- Of what was reached then, the row may have been touched at any time since.
            when gap.at >= state.unwritten_from then 'could not be written'
        end
    from gap
    cross join state
$$;

comment on function private.gaps_in_website_sync is
'What the website sync is said to have reached, and no attempt on record has; hole: why that is lawful. For
private.find_incomplete_logs.';
revoke all on function private.gaps_in_website_sync from public, anon, authenticated, service_role;
