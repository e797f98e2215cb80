-- The night's work in the database, one transaction at a time: the caller commits after each call, so that no lock is
-- held for longer than its own work. How far it is stands in the ledger's row for all together.
create or replace function private.continue_step(
    job text,
    night_at timestamptz,
    as_of date default null
)
returns table (
    state text,
    error_code text,
    error_message text,
    details jsonb,
    organisations jsonb
)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hint text;
begin
    case continue_step.job
        when 'certification_expiry' then
            perform private.continue_certification_expiry(continue_step.night_at, continue_step.as_of);
        when 'badge_reconciliation' then
            perform private.continue_nightly_badges(continue_step.night_at);
        when 'log_partitions' then
            perform private.finish_step(
                continue_step.job, continue_step.night_at, 'done',
                details => jsonb_build_object('attached', private.ensure_log_partitions())
            );
        else
            raise exception using
                errcode = '22023',
                message = format('The step %s is not the database''s.', continue_step.job),
                hint = 'What speaks HTTP needs the runner: peerledger nightly.';
    end case;

    state := case
        when exists (
            select
            from public.job_runs as run
            where run.job = continue_step.job and run.started_at = continue_step.night_at and run.state = 'running'
        )
            then 'begun'
        else 'done'
    end;
    if state = 'done' then
        select
            whole.details,
            (
                select jsonb_agg(jsonb_build_object('name', organisation.name) || own.details order by organisation.name)
                from public.job_runs as own
                inner join public.organisations as organisation on organisation.id = own.organisation_id
                where
                    own.job = whole.job and own.started_at = whole.started_at
                    and own.business_date = whole.business_date and own.state <> 'skipped'
            )
        into details, organisations
        from public.job_runs as whole
        where
            whole.job = continue_step.job and whole.started_at = continue_step.night_at and whole.organisation_id is null
        order by whole.business_date desc
        limit 1;
    end if;
    return next;
exception
    -- The ledger has to say so, and the other steps go on.
    when others then
        get stacked diagnostics
            error_code := returned_sqlstate, error_message := message_text, v_hint := pg_exception_hint;
        error_message := concat_ws(' ', error_message, format('(%s)', error_code), nullif(v_hint, ''));
        state := 'failed';
        perform private.finish_step(continue_step.job, continue_step.night_at, 'failed', error_code => error_code);
        return next;
end
$$;

comment on function private.continue_step is
'Does the next transaction''s worth of a step that needs no runner. Returns begun until it is done,
then the numbers of the last date, of all together and of each organisation; or failed with the error, which is in the ledger by then. Commit after each call. For the runner and private.run_night.';
revoke all on function private.continue_step from public, anon, authenticated, service_role;
