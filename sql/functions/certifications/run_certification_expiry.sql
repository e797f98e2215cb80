-- The nightly run, in the order in which things happen:
--   begin_certification_run      the ledger, and the lock that keeps a second run out
--   due_certification_events     what is to be done, decided again once the mentors are locked
--   apply_certification_events   finds the ones that fail
--     do_certification_events    statuses, reminders, messages
--   log_certification_entries    one bulk insert
--   finish_certification_run     totals, note, alerts
-- Definer: works on all organisations with rights that no caller has. For service_role alone, because a date
-- in the future expires everybody's mentors.
create or replace function public.run_certification_expiry(
    as_of date default null,
    run_id uuid default gen_random_uuid()
)
returns public.certification_expiry_runs
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_run public.certification_expiry_runs;
    v_date date;
    v_mentor_ids uuid[];
    v_events private.certification_event[];
    v_entries private.certification_entry[] := array[]::private.certification_entry[];
    v_note text;
begin
    v_run := public.begin_certification_run(run_certification_expiry.as_of, run_certification_expiry.run_id);
    if v_run.status = 'succeeded' then
        return v_run;
    end if;
    v_date := case when not v_run.is_local_today then v_run.as_of end;

    -- The lock that private.lock_mentor_in_scope takes.
    select array_agg(locked.id)
    into v_mentor_ids
    from (
        select mentor.id
        from public.peer_mentors as mentor
        where mentor.id in (select due.mentor_id from private.due_certification_events(v_date, v_now) as due)
        order by mentor.id
        for no key update
    ) as locked;

    if v_mentor_ids is not null then
        -- Again, in a new snapshot: a mentor may have been renewed while we waited for the lock.
        select array_agg(due order by due.mentor_id)
        into v_events
        from private.due_certification_events(v_date, v_now) as due
        inner join unnest(v_mentor_ids) as locked (mentor_id) on locked.mentor_id = due.mentor_id;
    end if;

    if v_events is not null then
        v_entries := private.apply_certification_events(v_run.run_id, v_events);
        v_note := private.log_certification_entries(v_run.run_id, v_entries);
    end if;

    return private.finish_certification_run(v_run.run_id, v_entries, v_note);
end
$$;

comment on function public.run_certification_expiry is
'Runs the certification expiry: expires and reminds mentors.
Active mentors whose certificate has expired become expired_cert; others get the one reminder that is due. For any
date, past or future, as if it were today; without one, for each organisation''s own today. The same run_id again, or
the same date again, changes nothing. Callable by service_role. Errors: PL004 another run is at work, 22023.';
revoke all on function public.run_certification_expiry from public, anon, authenticated, service_role;
grant execute on function public.run_certification_expiry to service_role;
