-- Definer: compares the log with the status history, each coordinator's own part of both.
create or replace function public.find_duplicate_transitions()
returns setof public.duplicate_transition
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
    with asked as materialized (
        select private.is_service_call() as is_service
    ),
    -- One of the two reads nothing: a coordinator's entries are found by organisation, the service role's are all.
    transition as (
        select entry.*
        from (select private.my_organisation_ids() as id) as mine
        inner join public.certification_expiry_audit_log as entry on entry.organisation_id = mine.id
        where not (select asked.is_service from asked)
        union all
        select entry.*
        from public.certification_expiry_audit_log as entry
        where (select asked.is_service from asked)
    )
    select
        entry.organisation_id, entry.mentor_id, entry.certification_id,
        entry.previous_id, entry.previous_run_id, entry.previous_at,
        entry.id, entry.run_id, entry."timestamp",
        count(*) over ()
    from (
        select
            entry.*,
            lag(entry.id) over mentor as previous_id,
            lag(entry.run_id) over mentor as previous_run_id,
            lag(entry."timestamp") over mentor as previous_at
        from transition as entry
        where entry.event_type = 'status_transitioned'
        window mentor as (
            partition by entry.organisation_id, entry.mentor_id, entry.certification_id
            order by entry."timestamp", entry.id
        )
    ) as entry
    where
        entry.previous_id is not null
        -- Not a duplicate when the mentor had been brought back in between.
        and not exists (
            select
            from public.mentor_status_changes as change
            where
                change.mentor_id = entry.mentor_id
                and change.old_status = 'expired_cert'
                and change.changed_at >= entry.previous_at
                and change.changed_at <= entry."timestamp"
        )
    order by entry.organisation_id, entry.mentor_id, entry."timestamp"
$$;

comment on function public.find_duplicate_transitions is
'Finds log entries that expire a mentor once more by the same certificate.
The compensation query: the mentor was not brought back in between. Always empty, unless entries were added by other
means. Callable by service_role, and by coordinators for their organisations.';
revoke all on function public.find_duplicate_transitions from public, anon, authenticated, service_role;
grant execute on function public.find_duplicate_transitions to authenticated, service_role;
