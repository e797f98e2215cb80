create or replace function private.report_certifications(
    org_id uuid,
    from_date date,
    to_date date,
    time_zone text
)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with steps as (
        select step.starts_on, step.starts_at, step.ends_at
        from private.report_steps(
            report_certifications.from_date, report_certifications.to_date, report_certifications.time_zone
        ) as step
    ),
    period as (
        select min(steps.starts_at) as starts_at, max(steps.ends_at) as ends_at
        from steps
    ),
    entries as (
        -- Their period is a condition of its own, as in report_badges.
        select
            entry.run_id, entry.event_type, entry.error_message,
            (array(select steps.starts_on from steps order by steps.starts_on))[
                width_bucket(entry."timestamp", array(select steps.starts_at from steps order by steps.starts_on))
            ] as starts_on
        from public.certification_expiry_audit_log as entry
        where
            entry.organisation_id = report_certifications.org_id
            and entry."timestamp" >= report_certifications.from_date::timestamp at time zone report_certifications.time_zone
            and entry."timestamp" < (report_certifications.to_date + 1)::timestamp at time zone report_certifications.time_zone
    ),
    nights as (
        select night.*
        from private.report_nights(
            report_certifications.org_id, report_certifications.from_date, report_certifications.to_date,
            report_certifications.time_zone
        ) as night
    ),
    status_changes as (
        select change.old_status, change.new_status, change.cause, count(*) as changes
        from public.mentor_status_changes as change
        inner join period on change.changed_at >= period.starts_at and change.changed_at < period.ends_at
        where change.organisation_id = report_certifications.org_id
        group by change.old_status, change.new_status, change.cause
    )
    select
        jsonb_build_object(
            'transitioned', (select count(*) from entries where entries.event_type = 'status_transitioned'),
            'reminders_sent', (select count(*) from entries where entries.event_type = 'reminder_dispatched'),
            'failures', (select count(*) from entries where entries.event_type in ('transition_failed', 'reminder_failed')),
            'unlogged_runs', (
                -- Against all its entries at once. A run writes its entries when it ends, which may be after the period.
                select count(*)
                from private.certification_run_totals as total
                inner join public.certification_expiry_runs as run on run.run_id = total.run_id
                inner join period on run.started_at >= period.starts_at and run.started_at < period.ends_at
                left join (
                    select distinct entry.run_id
                    from period
                    inner join public.certification_expiry_audit_log as entry
                        on entry."timestamp" >= period.starts_at and entry."timestamp" < period.ends_at + interval '7 days'
                    where entry.organisation_id = report_certifications.org_id
                ) as logged on logged.run_id = total.run_id
                where total.organisation_id = report_certifications.org_id and logged.run_id is null
            ),
            'first_run_at', (select min(run.started_at) from public.certification_expiry_runs as run),
            'nights_by_state', (
                select jsonb_object_agg(known.state, (select count(*) from nights where nights.state = known.state))
                from (values ('ran'), ('made_up'), ('missed'), ('to_come'), ('not_expected')) as known (state)
            ),
            'nights', (select jsonb_agg(to_jsonb(nights) order by nights.night_on) from nights),
            'failures_by_message', (
                select
                    coalesce(
                        jsonb_agg(
                            jsonb_build_object(
                                'event_type', failed.event_type,
                                'error_message', failed.error_message,
                                'entries', failed.entries
                            )
                            order by failed.entries desc, failed.event_type, failed.error_message
                        ), '[]'
                    )
                from (
                    select entries.event_type, entries.error_message, count(*) as entries
                    from entries
                    where entries.event_type in ('transition_failed', 'reminder_failed')
                    group by entries.event_type, entries.error_message
                ) as failed
            ),
            'status_changes', (
                select coalesce(jsonb_agg(
                    to_jsonb(status_changes)
                    order by
                        status_changes.changes desc, status_changes.old_status, status_changes.new_status, status_changes.cause
                ), '[]')
                from status_changes
            ),
            'jobs', (
                select coalesce(jsonb_agg(to_jsonb(job_nights) order by job_nights.job), '[]')
                from (
                    select
                        run.job,
                        count(*) filter (where run.state = 'ran') as ran,
                        count(*) filter (where run.state = 'caught_up') as caught_up,
                        count(*) filter (where run.state = 'skipped') as skipped,
                        count(*) filter (where run.state in ('failed', 'running')) as failed
                    from public.job_runs as run
                    where
                        run.business_date between report_certifications.from_date and report_certifications.to_date
                        and (
                            run.organisation_id = report_certifications.org_id
                            -- For all together, of a step that has no rows for organisations.
                            or (
                                run.organisation_id is null
                                and not exists (
                                    select
                                    from private.night_steps() as step
                                    where step.job = run.job and step.is_by_organisation
                                )
                            )
                        )
                    group by run.job
                ) as job_nights
            ),
            'series', (
                select
                    jsonb_agg(
                        jsonb_build_object(
                            'starts_on', steps.starts_on,
                            'transitioned', counted.transitioned,
                            'reminders_sent', counted.reminders_sent,
                            'failures', counted.failures
                        )
                        order by steps.starts_on
                    )
                from steps
                cross join lateral (
                    select
                        count(*) filter (where entries.event_type = 'status_transitioned') as transitioned,
                        count(*) filter (where entries.event_type = 'reminder_dispatched') as reminders_sent,
                        count(*) filter (where entries.event_type in ('transition_failed', 'reminder_failed')) as failures
                    from entries
                    where entries.starts_on = steps.starts_on
                ) as counted
            )
        )
$$;

comment on function private.report_certifications is
'Each night, the transitions, reminders and failures, and the changes of status of an organisation in a period. For
public.get_compliance_report only.';
revoke all on function private.report_certifications from public, anon, authenticated, service_role;
