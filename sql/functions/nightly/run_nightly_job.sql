-- For schedules that were made before private.run_night was there: the same steps, but in one transaction, which keeps its locks
-- to the end.
create or replace function private.run_nightly_job(
    job text,
    as_of timestamptz default clock_timestamp()
)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state text;
begin
    if not exists (
        select
        from private.night_steps() as step
        where step.job = run_nightly_job.job and not step.is_done_by_runner
    ) then
        raise exception using
            errcode = '22023',
            message = 'The job must be certification_expiry, badge_reconciliation or log_partitions.',
            hint = 'What speaks with Dynamics needs the runner: peerledger nightly.';
    end if;
    perform private.begin_night(array[run_nightly_job.job], run_nightly_job.as_of);
    v_state := (
        select begun.state from private.begin_step(run_nightly_job.job, run_nightly_job.as_of, null, true) as begun
    );
    while v_state = 'begun' loop
        v_state := (select step.state from private.continue_step(run_nightly_job.job, run_nightly_job.as_of) as step);
    end loop;
    perform private.end_night(run_nightly_job.as_of);
    return v_state;
end
$$;

comment on function private.run_nightly_job is
'Does one nightly step that needs no runner, for tonight and what was missed, in one transaction: returns done, skipped or failed.
Schedule private.run_night instead, which commits as it goes. Errors: 22023, PL004.';
revoke all on function private.run_nightly_job from public, anon, authenticated, service_role;
