-- Tonight first, then the missed dates one by one: so a mentor gets the one reminder that fits today, not one for each date.
create or replace function private.continue_certification_expiry(
    night_at timestamptz,
    as_of date
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_today date := coalesce(
        continue_certification_expiry.as_of, private.business_date(null, continue_certification_expiry.night_at)
    );
    v_begun record;
    v_run public.certification_expiry_runs;
begin
    select run.business_date, (run.details ->> 'run_id')::uuid as run_id
    into v_begun
    from public.job_runs as run
    where
        run.job = 'certification_expiry'
        and run.started_at = continue_certification_expiry.night_at
        and run.state = 'running'
        and run.organisation_id is null
    order by run.business_date >= v_today desc, run.business_date
    limit 1;

    if v_begun.run_id is null then
        -- In a transaction of its own: a run that is killed leaves its begun row behind.
        v_run := public.begin_certification_run(
            case
                -- Each organisation's own today.
                when
                    continue_certification_expiry.as_of is null
                    and v_begun.business_date = private.business_date(null, clock_timestamp())
                    then null
                else v_begun.business_date
            end
        );
        update public.job_runs as run
        set details = run.details || jsonb_build_object('run_id', v_run.run_id)
        where
            run.job = 'certification_expiry' and run.business_date = v_begun.business_date and run.organisation_id is null;
        return;
    end if;

    v_run := public.run_certification_expiry(run_id => v_begun.run_id);
    perform private.finish_step(
        'certification_expiry',
        continue_certification_expiry.night_at,
        'done',
        details => jsonb_build_object(
            'run_id', v_run.run_id, 'transitioned', v_run.total_transitioned,
            'reminders_sent', v_run.total_reminders_sent, 'failures', v_run.total_failures, 'note', v_run.note
        ),
        organisations => (
            select
                coalesce(
                    jsonb_object_agg(
                        organisation.id,
                        jsonb_build_object(
                            'outcome', 'done',
                            'details', jsonb_build_object(
                                'run_id', v_run.run_id,
                                'transitioned', coalesce(total.transitioned, 0),
                                'reminders_sent', coalesce(total.reminders_sent, 0),
                                'failures', coalesce(total.failures, 0)
                            )
                        )
                    ), '{}'
                )
            from public.organisations as organisation
            left join private.certification_run_totals as total
                on total.run_id = v_run.run_id and total.organisation_id = organisation.id
        ),
        business_date => v_begun.business_date
    );
end
$$;

comment on function private.continue_certification_expiry is
'Begins the expiry run of the next date of this night, or does the one that is begun. For private.continue_step only.';
revoke all on function private.continue_certification_expiry from public, anon, authenticated, service_role;
