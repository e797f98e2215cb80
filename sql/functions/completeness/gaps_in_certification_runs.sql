create or replace function private.gaps_in_certification_runs()
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
    with state as (
        select
            private.archived_until('certification_expiry_audit_log') as entries_from,
            private.archived_until('mentor_status_changes') as statuses_from
    ),
    -- The note says so, and so does an alert.
    unwritten as (
        select (alert.details ->> 'run_id')::uuid as run_id
        from public.ops_alerts as alert
        where alert.dedupe_key = 'audit_write_failed:certification_expiry_audit_log'
        union
        select run.run_id
        from public.certification_expiry_runs as run
        where run.note like '%audit entries could not be written%'
    ),
    counted as (
        select
            entry.run_id,
            min(entry."timestamp") as first_at,
            count(*) filter (where entry.event_type = 'status_transitioned') as transitioned,
            count(*) filter (where entry.event_type = 'reminder_dispatched') as reminders_sent,
            count(*) filter (where entry.event_type in ('transition_failed', 'reminder_failed')) as failures
        from public.certification_expiry_audit_log as entry
        group by entry.run_id
    ),
    changed as (
        select entry.run_id, min(entry.changed_at) as first_at, count(*) as changes
        from public.mentor_status_changes as entry
        where entry.run_id is not null
        group by entry.run_id
    )
    select
        'run_differs', 'certification_expiry_audit_log', run.run_id,
        format(
            '%s, %s, %s in the run; %s, %s, %s entries', run.total_transitioned, run.total_reminders_sent,
            run.total_failures, coalesce(counted.transitioned, 0), coalesce(counted.reminders_sent, 0),
            coalesce(counted.failures, 0)
        ),
        case
            when run.started_at < state.entries_from then 'archived'
            when run.run_id in (select unwritten.run_id from unwritten) then 'could not be written'
        end
    from public.certification_expiry_runs as run
    cross join state
    left join counted on counted.run_id = run.run_id
    where
        case
            when run.status = 'succeeded'
                then
                    (run.total_transitioned, run.total_reminders_sent, run.total_failures)
                    is distinct from
                    (coalesce(counted.transitioned, 0), coalesce(counted.reminders_sent, 0), coalesce(counted.failures, 0))
            -- What a crashed run did was undone, its entries too; what one does that is under way nobody sees yet.
            else counted.run_id is not null
        end
    union all
    select 'entry_without_run', 'certification_expiry_audit_log', counted.run_id, null, null
    from counted
    where not exists (select from public.certification_expiry_runs as run where run.run_id = counted.run_id)
    union all
    select
        'run_without_status_change', 'mentor_status_changes', coalesce(counted.run_id, changed.run_id),
        format('%s entries, %s changes', coalesce(counted.transitioned, 0), coalesce(changed.changes, 0)),
        case
            when least(counted.first_at, changed.first_at) < greatest(state.entries_from, state.statuses_from) then 'archived'
            when changed.run_id in (select unwritten.run_id from unwritten) then 'could not be written'
        end
    from counted
    full join changed on changed.run_id = counted.run_id
    cross join state
    where coalesce(counted.transitioned, 0) <> coalesce(changed.changes, 0)
    union all
    -- Each reminder, of the mentor that they were then: a merge takes reminders along.
    select
        case when reminder.id is null then 'entry_without_reminder' else 'reminder_without_entry' end,
        'certification_expiry_audit_log', coalesce(reminder.id, entry.id), null,
        case
            when reminder.sent_at < state.entries_from then 'archived'
            when reminder.run_id in (select unwritten.run_id from unwritten) then 'could not be written'
        end
    from (
        select sent.*, array(
            select duplicate.id
            from public.peer_mentors as duplicate
            where duplicate.merged_into = sent.mentor_id
        ) as duplicate_ids
        from public.cert_expiry_reminders as sent
        where sent.run_id is not null
    ) as reminder
    full join (
        select dispatched.*
        from public.certification_expiry_audit_log as dispatched
        where dispatched.event_type = 'reminder_dispatched'
    ) as entry
        on
            entry.run_id = reminder.run_id
            and entry.organisation_id = reminder.organisation_id
            and entry.threshold_days = reminder.threshold_day
            and entry.certification_id = reminder.certification_id
            and (entry.mentor_id = reminder.mentor_id or entry.mentor_id = any (reminder.duplicate_ids))
    cross join state
    where reminder.id is null or entry.id is null
$$;

comment on function private.gaps_in_certification_runs is
'Expiry runs whose totals, status changes or reminders are not those of their entries; hole: why that is lawful. For
private.find_incomplete_logs.';
revoke all on function private.gaps_in_certification_runs from public, anon, authenticated, service_role;
