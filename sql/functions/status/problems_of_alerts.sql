create or replace function private.problems_of_alerts(
    at timestamptz,
    organisation_id uuid
)
returns setof private.problem
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        alert.kind,
        alert.severity,
        alert.organisation_id,
        alert.message,
        case alert.kind
            when 'auth_failure' then 'peerledger check-credentials'
            when 'credential_check_failed' then 'peerledger check-credentials'
            when 'night_without_run' then 'peerledger status; when no night is missing any more, acknowledge it'
            when 'nightly_failed' then 'peerledger nightly'
            else format('see docs/operations.md under %s', alert.kind)
        end
        || format('; then: select public.acknowledge_alert(''%s'')', alert.id),
        1::bigint,
        alert.raised_at
    from public.ops_alerts as alert
    where
        alert.acknowledged_at is null
        and (problems_of_alerts.organisation_id is null or alert.organisation_id = problems_of_alerts.organisation_id)
    order by array_position(array['critical', 'warning', 'info'], alert.severity), alert.raised_at
$$;

comment on function private.problems_of_alerts is
'The open alerts. For private.status_problems only.';
revoke all on function private.problems_of_alerts from public, anon, authenticated, service_role;
