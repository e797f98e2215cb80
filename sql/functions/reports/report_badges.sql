create or replace function private.report_badges(
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
        from private.report_steps(report_badges.from_date, report_badges.to_date, report_badges.time_zone) as step
    ),
    -- Few rows of many entries: everything below is counted from these. Their period is a condition of its own and not that of
    -- their step: so the planner knows that it is not about all years. Their step is found by moments: where clocks are put back at
    -- midnight, the local time alone does not tell.
    entries as (
        select
            entry.peer_mentor_id,
            entry.source,
            entry.error_message,
            (array(select steps.starts_on from steps order by steps.starts_on))[
                width_bucket(entry.triggered_at, array(select steps.starts_at from steps order by steps.starts_on))
            ] as starts_on,
            count(*) as evaluations,
            sum(cardinality(entry.badges_awarded)) as awarded
        from public.badge_evaluation_logs as entry
        where
            entry.org_id = report_badges.org_id
            and entry.triggered_at >= report_badges.from_date::timestamp at time zone report_badges.time_zone
            and entry.triggered_at < (report_badges.to_date + 1)::timestamp at time zone report_badges.time_zone
        group by 1, 2, 3, 4
    ),
    awards as (
        select steps.starts_on, count(*) as awards
        from steps
        inner join public.earned_badges as earned
            on
                earned.organisation_id = report_badges.org_id
                and earned.earned_at >= steps.starts_at
                and earned.earned_at < steps.ends_at
        group by steps.starts_on
    ),
    counted as (
        select
            entries.starts_on,
            sum(entries.evaluations) as evaluations,
            coalesce(sum(entries.evaluations) filter (where entries.error_message is not null), 0) as failures
        from entries
        group by entries.starts_on
    )
    select
        jsonb_build_object(
            'evaluations', (select coalesce(sum(counted.evaluations), 0) from counted),
            'failures', (select coalesce(sum(counted.failures), 0) from counted),
            'mentors', (select count(distinct entries.peer_mentor_id) from entries),
            'awards', (select coalesce(sum(awards.awards), 0) from awards),
            'awards_logged', (select coalesce(sum(entries.awarded), 0) from entries),
            'revocations', (
                select count(*)
                from public.earned_badges as earned
                where
                    earned.organisation_id = report_badges.org_id
                    and earned.revoked_at >= (select min(steps.starts_at) from steps)
                    and earned.revoked_at < (select max(steps.ends_at) from steps)
            ),
            'by_source', (
                select
                    jsonb_agg(
                        jsonb_build_object('source', known.source, 'evaluations', found.evaluations, 'awards', found.awards)
                        order by known.position
                    )
                from (
                    values (1, 'activity_insert'), (2, 'activity_update'), (3, 'reconciliation'), (4, 'manual')
                ) as known (position, source)
                cross join lateral (
                    select coalesce(sum(entries.evaluations), 0) as evaluations, coalesce(sum(entries.awarded), 0) as awards
                    from entries
                    where entries.source = known.source
                ) as found
            ),
            'failures_by_message', (
                select
                    coalesce(
                        jsonb_agg(
                            jsonb_build_object('error_message', failed.error_message, 'entries', failed.entries)
                            order by failed.entries desc, failed.error_message
                        ), '[]'
                    )
                from (
                    select entries.error_message, sum(entries.evaluations) as entries
                    from entries
                    where entries.error_message is not null
                    group by entries.error_message
                ) as failed
            ),
            'series', (
                select
                    jsonb_agg(
                        jsonb_build_object(
                            'starts_on', steps.starts_on,
                            'evaluations', coalesce(counted.evaluations, 0),
                            'failures', coalesce(counted.failures, 0),
                            'awards', coalesce(awards.awards, 0)
                        )
                        order by steps.starts_on
                    )
                from steps
                left join counted on counted.starts_on = steps.starts_on
                left join awards on awards.starts_on = steps.starts_on
            )
        )
$$;

comment on function private.report_badges is
'The evaluations and awards of an organisation in a period. For public.get_compliance_report only.';
revoke all on function private.report_badges from public, anon, authenticated, service_role;
