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
        select step.starts_on, step.starts_at, step.ends_at
        from private.report_steps(report_proxy.from_date, report_proxy.to_date, report_proxy.time_zone) as step
    ),
    entries as (
        select entry.event_type, entry.coordinator_id, entry.attributed_mentor_id, entry."timestamp", steps.starts_on
        from steps
        inner join public.proxy_audit_log as entry
            on
                entry.organisation_id = report_proxy.org_id
                and entry."timestamp" >= steps.starts_at
                and entry."timestamp" < steps.ends_at
    )
    select
        jsonb_build_object(
            'created', (select count(*) from entries where entries.event_type = 'created'),
            'bulk_created', (select count(*) from entries where entries.event_type = 'bulk_created'),
            'updated', (select count(*) from entries where entries.event_type = 'updated'),
            'mentors', (select count(distinct entries.attributed_mentor_id) from entries),
            'by_coordinator', (
                select coalesce(jsonb_agg(to_jsonb(one) order by one.registered desc, one.updated desc, one.coordinator_id), '[]')
                from (
                    select
                        entries.coordinator_id,
                        count(*) filter (where entries.event_type <> 'updated') as registered,
                        count(*) filter (where entries.event_type = 'updated') as updated,
                        count(distinct entries.attributed_mentor_id) as mentors,
                        min(entries."timestamp") as first_at,
                        max(entries."timestamp") as last_at
                    from entries
                    group by entries.coordinator_id
                ) as one
            ),
            'series', (
                select
                    jsonb_agg(
                        jsonb_build_object(
                            'starts_on', steps.starts_on,
                            'created', counted.created,
                            'bulk_created', counted.bulk_created,
                            'updated', counted.updated
                        )
                        order by steps.starts_on
                    )
                from steps
                cross join lateral (
                    select
                        count(*) filter (where entries.event_type = 'created') as created,
                        count(*) filter (where entries.event_type = 'bulk_created') as bulk_created,
                        count(*) filter (where entries.event_type = 'updated') as updated
                    from entries
                    where entries.starts_on = steps.starts_on
                ) as counted
            )
        )
$$;

comment on function private.report_proxy is
'What coordinators registered on behalf of mentors of an organisation in a period, by their ids. For
public.get_compliance_report only.';
revoke all on function private.report_proxy from public, anon, authenticated, service_role;
