create or replace function private.begin_step(
    job text,
    night_at timestamptz,
    as_of date default null,
    again boolean default false
)
returns table (
    state text,
    reason text,
    nights_caught_up int
)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    c_switched_off constant text := 'Switched off by the organisation.';
    v_step record;
    v_today date := coalesce(begin_step.as_of, private.business_date(null, begin_step.night_at));
    v_since timestamptz;
    v_night record;
    v_begun int;
    v_anything boolean := false;
    v_off uuid[];
begin
    select step.* into v_step from private.night_steps() as step where step.job = begin_step.job;
    if not found then
        raise exception using
            errcode = '22023',
            message = format('There is no nightly step %s.', begin_step.job),
            hint = 'private.night_steps() lists them.';
    end if;

    if v_step.switch is not null then
        execute format(
            'select array_agg(setting.organisation_id) from public.organisation_settings as setting where not setting.%I',
            v_step.switch
        )
        into v_off;
    end if;

    -- Before the ledger says that they are begun anew: since when there is something to reconcile for everybody who has it on.
    select min(good.started_at)
    into v_since
    from (
        select max(run.started_at) as started_at
        from public.job_runs as run
        where
            run.job = begin_step.job
            and run.state in ('ran', 'caught_up')
            and run.organisation_id is not null
            and run.organisation_id <> all (coalesce(v_off, '{}'))
        group by run.organisation_id
    ) as good;

    nights_caught_up := 0;
    for v_night in
        -- Tonight, for each organisation by its own clocks; then what was missed, unless one date was asked for.
        select
            tonight.business_date,
            tonight.organisation_ids,
            begin_step.again as again,
            false as is_missed
        from (
            select coalesce(begin_step.as_of, private.business_date(organisation.id, begin_step.night_at)) as business_date,
                array_agg(organisation.id) as organisation_ids
            from public.organisations as organisation
            where v_step.is_by_organisation
            group by 1
            union all
            select v_today, null
            where not v_step.is_by_organisation
        ) as tonight
        union all
        select
            missed.business_date,
            array_agg(missed.organisation_id) filter (where missed.organisation_id is not null),
            false,
            true
        from public.find_missed_nights(begin_step.night_at, array[begin_step.job]) as missed
        where begin_step.as_of is null
        group by missed.business_date
        order by is_missed, business_date
    loop
        v_begun := (
            select count(*)
            from private.begin_job(
                begin_step.job, v_night.business_date, v_night.organisation_ids, v_night.again, begin_step.night_at
            )
        );
        v_anything := v_anything or v_begun > 0;
        if v_begun > 0 and v_step.is_by_organisation then
            perform private.begin_job(begin_step.job, v_night.business_date, null, true, begin_step.night_at);
        end if;
        if v_begun > 0 and v_night.is_missed then
            nights_caught_up := nights_caught_up + 1;
        end if;
    end loop;
    if v_step.is_by_organisation and begin_step.again and not exists (select from public.organisations) then
        -- By hand it is done all the same, and says itself that there was nothing to do.
        perform private.begin_job(begin_step.job, v_today, null, true, begin_step.night_at);
    end if;

    update public.job_runs as run
    set details = jsonb_build_object('since', v_since)
    where
        run.job = begin_step.job and run.started_at = begin_step.night_at and run.state = 'running'
        and run.organisation_id is null and v_since is not null;

    if v_step.switch is not null then
        perform private.finish_job(
            run.job, run.business_date, 'skipped', c_switched_off, organisation_ids => array[run.organisation_id]
        )
        from public.job_runs as run
        where
            run.job = begin_step.job and run.started_at = begin_step.night_at and run.state = 'running'
            and run.organisation_id = any (v_off);
        -- Where that was everybody there is no work left for all together.
        perform private.finish_job(whole.job, whole.business_date, 'skipped', c_switched_off)
        from public.job_runs as whole
        where
            whole.job = begin_step.job and whole.started_at = begin_step.night_at and whole.state = 'running'
            and whole.organisation_id is null
            and exists (select from public.organisations)
            and not exists (
                select
                from public.job_runs as own
                where
                    own.job = whole.job and own.business_date = whole.business_date and own.started_at = whole.started_at
                    and own.organisation_id is not null and own.state = 'running'
            );
    end if;

    state := case
        when exists (
            select
            from public.job_runs as run
            where run.job = begin_step.job and run.started_at = begin_step.night_at and run.state = 'running'
        )
            then 'begun'
        when v_anything then 'skipped'
        else 'done'
    end;
    reason := case when state = 'skipped' then c_switched_off end;
    return next;
end
$$;

comment on function private.begin_step is
'Enters into the ledger that a step of the night begins: for tonight and for what was missed, or for the date as_of alone; for
each organisation and for all together. Only what is not done yet, unless asked to do it again. Organisations that have it
switched off are skipped. Returns begun when there is work to do, else skipped or done (already). Commit before the work. Error:
22023. For the runner and private.run_night.';
revoke all on function private.begin_step from public, anon, authenticated, service_role;
