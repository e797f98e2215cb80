create or replace function private.report_website_sync(
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
            report_website_sync.from_date, report_website_sync.to_date, report_website_sync.time_zone
        ) as step
    ),
    removals as (
        select removal.confirmed_at, extract(epoch from removal.confirmed_at - removal.wanted_at) as seconds
        from public.hlf_removals as removal
        where
            removal.organisation_id = report_website_sync.org_id
            and removal.confirmed_at is not null
            and removal.wanted_at >= (select min(steps.starts_at) from steps)
            and removal.wanted_at < (select max(steps.ends_at) from steps)
    )
    select
        jsonb_build_object(
            'is_enabled', coalesce(
                (
                    select setting.website_sync_enabled
                    from public.organisation_settings as setting
                    where setting.organisation_id = report_website_sync.org_id
                ), true
            ),
            'pause_reasons', (
                select coalesce(jsonb_agg(pause.reason order by pause.reason), '[]')
                from public.hlf_sync_pauses as pause
                where pause.organisation_id = report_website_sync.org_id
            ),
            'outcomes', (
                select jsonb_agg(to_jsonb(summary))
                from public.get_hlf_sync_audit_summary(
                    report_website_sync.org_id, report_website_sync.from_date, report_website_sync.to_date
                ) as summary
            ),
            'removals', (
                select
                    jsonb_build_object(
                        'confirmed', times.confirmed,
                        'median_seconds', extract(epoch from times.median),
                        'p95_seconds', extract(epoch from times.p95),
                        'worst_seconds', extract(epoch from times.worst),
                        'cancelled', times.cancelled,
                        'still_open', times.still_open,
                        'longest_open_seconds', extract(epoch from times.longest_open)
                    )
                from public.get_hlf_removal_times(
                    report_website_sync.org_id, report_website_sync.from_date, report_website_sync.to_date
                ) as times
            ),
            'exposure', (
                select
                    jsonb_build_object(
                        'removals', exposure.removals,
                        'confirmed', exposure.confirmed,
                        'confirmed_median_seconds', extract(epoch from exposure.confirmed_median),
                        'confirmed_p95_seconds', extract(epoch from exposure.confirmed_p95),
                        'confirmed_worst_seconds', extract(epoch from exposure.confirmed_worst),
                        'seen_gone', exposure.seen_gone,
                        'at_least_worst_seconds', extract(epoch from exposure.at_least_worst),
                        'at_most_median_seconds', extract(epoch from exposure.at_most_median),
                        'at_most_p95_seconds', extract(epoch from exposure.at_most_p95),
                        'at_most_worst_seconds', extract(epoch from exposure.at_most_worst),
                        'widest_gap_seconds', extract(epoch from exposure.widest_gap),
                        'still_listed', exposure.still_listed,
                        'not_seen', exposure.not_seen
                    )
                from public.get_hlf_exposure(
                    report_website_sync.org_id, report_website_sync.from_date, report_website_sync.to_date
                ) as exposure
            ),
            -- Whenever they were wanted: an auditor asks who is still visible today.
            'open_now', (
                select jsonb_build_object('removals', count(*), 'oldest_wanted_at', min(removal.wanted_at))
                from public.hlf_removals as removal
                where
                    removal.organisation_id = report_website_sync.org_id
                    and removal.confirmed_at is null
                    and removal.cancelled_at is null
            ),
            'removal_times', (
                select
                    jsonb_agg(
                        jsonb_build_object('at_most_seconds', bucket.at_most, 'removals', found.removals)
                        order by bucket.at_most nulls last
                    )
                from (
                    values (0, 60), (60, 300), (300, 900), (900, 3600), (3600, 21600), (21600, 86400), (86400, null)
                ) as bucket (above, at_most)
                cross join lateral (
                    select count(*) as removals
                    from removals
                    where
                        (removals.seconds > bucket.above or bucket.above = 0)
                        and (removals.seconds <= bucket.at_most or bucket.at_most is null)
                ) as found
            ),
            'series', (
                select
                    jsonb_agg(
                        jsonb_build_object(
                            'starts_on', steps.starts_on,
                            'success', counted.success,
                            'failure', counted.failure,
                            'dead_lettered', counted.dead_lettered
                        )
                        order by steps.starts_on
                    )
                from steps
                cross join lateral (
                    select
                        count(*) filter (where entry.outcome = 'success') as success,
                        count(*) filter (where entry.outcome = 'failure') as failure,
                        count(*) filter (where entry.outcome = 'dead_lettered') as dead_lettered
                    from public.hlf_sync_audit_log as entry
                    where
                        entry.organisation_id = report_website_sync.org_id
                        and entry.created_at >= steps.starts_at
                        and entry.created_at < steps.ends_at
                ) as counted
            )
        )
$$;

comment on function private.report_website_sync is
'The attempts to reach the website, and how long removals took, of an organisation in a period. For
public.get_compliance_report only.';
revoke all on function private.report_website_sync from public, anon, authenticated, service_role;
