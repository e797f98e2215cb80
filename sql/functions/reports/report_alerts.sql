-- Of what concerns all organisations at once (no organisation_id) the counts, and nothing else.
create or replace function private.report_alerts(
    org_id uuid,
    period tstzrange
)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        coalesce(
            jsonb_agg(
                to_jsonb(alerts)
                order by
                    array_position(array['critical', 'warning', 'info'], alerts.severity), alerts.kind,
                    alerts.concerns_all_organisations
            ), '[]'
        )
    from (
        select
            alert.kind,
            alert.severity,
            alert.organisation_id is null as concerns_all_organisations,
            count(*) as raised,
            count(*) filter (where alert.acknowledged_at is null) as still_open,
            min(alert.raised_at) as first_at,
            max(alert.raised_at) as last_at
        from public.ops_alerts as alert
        where
            coalesce(alert.organisation_id, report_alerts.org_id) = report_alerts.org_id
            and alert.raised_at >= lower(report_alerts.period)
            and alert.raised_at < upper(report_alerts.period)
        group by alert.kind, alert.severity, alert.organisation_id is null
    ) as alerts
$$;

comment on function private.report_alerts is
'The alerts of a period by kind and severity: an organisation''s own, and the number of those that concern all. For
public.get_compliance_report only.';
revoke all on function private.report_alerts from public, anon, authenticated, service_role;
