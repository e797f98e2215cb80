-- The night without a runner, for pg_cron: the same functions in the same order, with a commit after each.
-- No pinned search_path and not definer, because such a procedure may not commit; so it sets the session's first.
create or replace procedure private.run_night(
    jobs text[] default null,
    as_of timestamptz default clock_timestamp()
)
language plpgsql
security invoker
as $$
declare
    c_search_path constant text := pg_catalog.current_setting('search_path');
    c_jit constant text := pg_catalog.current_setting('jit');
    v_jobs text[];
    v_job text;
    v_state text;
    v_failed text[] := '{}'::text[];
begin
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false);
    -- As the runner's sessions: compiling a plan over the partitions of the logs takes seconds, and running it milliseconds.
    perform pg_catalog.set_config('jit', 'off', false);
    v_jobs := array(
        select step.job
        from private.night_steps() as step
        where not step.is_done_by_runner and (run_night.jobs is null or step.job = any (run_night.jobs))
        order by step.place
    );
    -- Keeps other nights out, and alerts of those that were missed.
    perform private.begin_night(v_jobs, run_night.as_of);
    commit;
    foreach v_job in array v_jobs loop
        -- Tonight's is done again when somebody asks for it.
        v_state := (select begun.state from private.begin_step(v_job, run_night.as_of, null, true) as begun);
        commit;
        while v_state = 'begun' loop
            v_state := (select step.state from private.continue_step(v_job, run_night.as_of) as step);
            commit;
        end loop;
        if v_state = 'failed' then
            v_failed := v_failed || v_job;
        end if;
    end loop;
    perform private.end_night(run_night.as_of);
    perform pg_catalog.set_config('search_path', c_search_path, false);
    perform pg_catalog.set_config('jit', c_jit, false);
    commit;
    if cardinality(v_failed) > 0 then
        -- So that cron.job_run_details says so; the ledger has it already.
        raise exception using
            errcode = 'P0001',
            message = format('These steps failed: %s.', array_to_string(v_failed, ', ')),
            hint = 'See public.job_runs; they are retried in the next night.';
    end if;
end
$$;

comment on procedure private.run_night is
'The nightly steps that need no runner (or those of jobs), for tonight and what was missed, each in transactions of its own; not
within a transaction of yours. For pg_cron. Errors: PL004 when another night is in progress, P0001 when a step failed.';
revoke all on procedure private.run_night from public, anon, authenticated, service_role;
