create or replace function private.report_proxy(
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
        select step.starts_on, step.starts_at
        from private.report_steps(report_proxy.from_date, report_proxy.to_date, report_proxy.time_zone) as step
    ),
    -- Few rows of many entries: everything below is counted from these. Their period is a condition of its own, as in report_badges.
    entries as (
        select
            entry.event_type,
            entry.coordinator_id,
            entry.attributed_mentor_id,
            (array(select steps.starts_on from steps order by steps.starts_on))[
                width_bucket(entry."timestamp", array(select steps.starts_at from steps order by steps.starts_on))
            ] as starts_on,
            count(*) as entries,
            count(*) filter (
                where
                entry.event_type <> 'updated'
                and entry.payload_snapshot ->> 'occurred_on'
                between report_proxy.from_date::text and report_proxy.to_date::text
            ) as took_place,
            min(entry."timestamp") as first_at,
            max(entry."timestamp") as last_at
        from public.proxy_audit_log as entry
        where
            entry.organisation_id = report_proxy.org_id
            and entry."timestamp" >= report_proxy.from_date::timestamp at time zone report_proxy.time_zone
            and entry."timestamp" < (report_proxy.to_date + 1)::timestamp at time zone report_proxy.time_zone
        group by 1, 2, 3, 4
    ),
    counted as (
        select
            entries.starts_on,
            coalesce(sum(entries.entries) filter (where entries.event_type = 'created'), 0) as created,
            coalesce(sum(entries.entries) filter (where entries.event_type = 'bulk_created'), 0) as bulk_created,
            coalesce(sum(entries.entries) filter (where entries.event_type = 'updated'), 0) as updated
        from entries
        group by entries.starts_on
    )
    select
        jsonb_build_object(
            'created', (select coalesce(sum(counted.created), 0) from counted),
            'bulk_created', (select coalesce(sum(counted.bulk_created), 0) from counted),
            'updated', (select coalesce(sum(counted.updated), 0) from counted),
            -- Entries are counted by the day on which they were written; so many of them speak of the period itself.
            'took_place', (select coalesce(sum(entries.took_place), 0) from entries),
            'mentors', (select count(distinct entries.attributed_mentor_id) from entries),
            'by_coordinator', (
                select coalesce(jsonb_agg(to_jsonb(one) order by one.registered desc, one.updated desc, one.coordinator_id), '[]')
                from (
                    select
                        entries.coordinator_id,
                        coalesce(sum(entries.entries) filter (where entries.event_type <> 'updated'), 0) as registered,
                        coalesce(sum(entries.entries) filter (where entries.event_type = 'updated'), 0) as updated,
                        count(distinct entries.attributed_mentor_id) as mentors,
                        min(entries.first_at) as first_at,
                        max(entries.last_at) as last_at
                    from entries
                    group by entries.coordinator_id
                ) as one
            ),
            'series', (
                select
                    jsonb_agg(
                        jsonb_build_object(
                            'starts_on', steps.starts_on,
                            'created', coalesce(counted.created, 0),
                            'bulk_created', coalesce(counted.bulk_created, 0),
                            'updated', coalesce(counted.updated, 0)
                        )
                        order by steps.starts_on
                    )
                from steps
                left join counted on counted.starts_on = steps.starts_on
            )
        )
$$;

comment on function private.report_proxy is
'What coordinators registered on behalf of mentors of an organisation in a period, by their ids. For
public.get_compliance_report only.';
revoke all on function private.report_proxy from public, anon, authenticated, service_role;
