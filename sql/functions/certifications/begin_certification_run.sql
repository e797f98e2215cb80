-- Definer: keeps the ledger, which no caller may write.
-- A caller who commits this before run_certification_expiry leaves a row behind even when the run is killed.
create or replace function public.begin_certification_run(
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
    v_run_id uuid := coalesce(begin_certification_run.run_id, gen_random_uuid());
    v_run public.certification_expiry_runs;
begin
    perform private.require_plausible_date(begin_certification_run.as_of);

    select run.*
    into v_run
    from public.certification_expiry_runs as run
    where run.run_id = v_run_id;
    if found and v_run.as_of <> begin_certification_run.as_of then
        raise exception using
            errcode = '22023',
            message = format('The run %s is for %s, not for %s.', v_run_id, v_run.as_of, begin_certification_run.as_of),
            hint = 'Give each run an id of its own, or leave it out.';
    end if;
    if v_run.status = 'succeeded' then
        return v_run;
    end if;

    -- Held to the end of the transaction, however it ends.
    if not pg_try_advisory_xact_lock(hashtextextended('peerledger.run_certification_expiry', 0)) then
        raise exception using
            errcode = 'PL004',
            message = 'Another expiry run is in progress.',
            hint = 'Wait for it to finish. What it does need not be repeated.';
    end if;

    -- Anyone who has the lock is alone: what is still unfinished now was killed.
    update public.certification_expiry_runs as run
    set
        status = 'crashed',
        note = format('It did not finish. The run %s, begun after it, does what it left undone.', v_run_id)
    where run.status = 'running' and run.run_id <> v_run_id;

    -- Once more, now alone: the run of the same id may have finished while this one looked.
    insert into public.certification_expiry_runs as run (run_id, as_of, is_local_today, started_at)
    values (
        v_run_id,
        coalesce(begin_certification_run.as_of, private.business_date(null, v_now)),
        begin_certification_run.as_of is null,
        v_now
    )
    on conflict on constraint certification_expiry_runs_pkey do update
    set
        status = 'running',
        note = null,
        -- Begun on one day and done on another: today is when it is done.
        as_of = case when run.is_local_today and excluded.is_local_today then excluded.as_of else run.as_of end
    where run.status <> 'succeeded';

    select run.*
    into strict v_run
    from public.certification_expiry_runs as run
    where run.run_id = v_run_id;
    return v_run;
end
$$;

comment on function public.begin_certification_run is
'Writes a run into the ledger before its work, marks earlier unfinished ones as crashed, and returns the row.
Give its run_id to run_certification_expiry. Callable by service_role. Errors: PL004, 22023.';
revoke all on function public.begin_certification_run from public, anon, authenticated, service_role;
grant execute on function public.begin_certification_run to service_role;
