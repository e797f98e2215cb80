create or replace function private.report_dead_letters(
    org_id uuid,
    period tstzrange
)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_agg(to_jsonb(letters) order by letters.queue desc, letters.kind)
    from (
        select
            'website_sync' as queue,
            operation.kind,
            (
                select count(*)
                from public.hlf_sync_audit_log as entry
                where
                    entry.organisation_id = report_dead_letters.org_id
                    and entry.operation = operation.kind
                    and entry.outcome = 'dead_lettered'
                    and entry.created_at >= lower(report_dead_letters.period)
                    and entry.created_at < upper(report_dead_letters.period)
            ) as in_period,
            count(sync.mentor_id) as open_now,
            min(sync.updated_at) as oldest_open_at
        from (values ('remove'), ('restore')) as operation (kind)
        left join public.hlf_sync_state as sync
            on
                sync.organisation_id = report_dead_letters.org_id
                and sync.state = 'dead_lettered'
                and sync.operation = operation.kind
        group by operation.kind
        union all
        select
            'notifications' as queue,
            known.kind,
            count(notification.id) filter (
                where
                notification.created_at >= lower(report_dead_letters.period)
                and notification.created_at < upper(report_dead_letters.period)
            ) as in_period,
            count(notification.id) as open_now,
            min(notification.created_at) as oldest_open_at
        from (
            values ('badge_awarded'), ('certification_reminder'), ('certification_expired'), ('status_changed'),
            ('proxy_registered'), ('proxy_disputed'), ('ops_alert')
            union
            select buried.kind
            from public.notifications as buried
            where buried.organisation_id = report_dead_letters.org_id and buried.state = 'dead_lettered'
        ) as known (kind)
        left join public.notifications as notification
            on
                notification.organisation_id = report_dead_letters.org_id
                and notification.state = 'dead_lettered'
                and notification.kind = known.kind
        group by known.kind
    ) as letters
$$;

comment on function private.report_dead_letters is
'What was given up in a period and what is still given up now: website changes by operation, messages by kind (those
created in the period). For public.get_compliance_report only.';
revoke all on function private.report_dead_letters from public, anon, authenticated, service_role;
