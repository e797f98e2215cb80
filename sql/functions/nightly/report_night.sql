create or replace function private.report_night(
    business_date date,
    failed_jobs text[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if cardinality(report_night.failed_jobs) > 0 then
        perform private.raise_alert(
            'nightly_failed',
            'warning',
            format(
                'In the nightly work of %s these steps failed: %s. They are tried again in the next night.',
                report_night.business_date, replace(array_to_string(report_night.failed_jobs, ', '), '_', ' ')
            ),
            'nightly_failed',
            null,
            jsonb_build_object('business_date', report_night.business_date, 'jobs', to_jsonb(report_night.failed_jobs))
        );
        return;
    end if;

    -- The trouble is over; the next one is to be told of again.
    update public.ops_alerts as alert
    set acknowledged_at = clock_timestamp()
    where
        alert.dedupe_key = 'nightly_failed'
        and alert.acknowledged_at is null;
end
$$;

comment on function private.report_night is
'Alerts of the jobs that failed in a night that is over; without any, an earlier such alert is closed. For the runner.';
revoke all on function private.report_night from public, anon, authenticated, service_role;
