create or replace function private.report_disputes(
    org_id uuid,
    period tstzrange
)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with disputes as (
        select
            dispute.reason_code,
            dispute.outcome,
            dispute.opened_at,
            dispute.resolved_at,
            dispute.opened_at <@ report_disputes.period as was_opened,
            coalesce(dispute.resolved_at <@ report_disputes.period, false) as was_settled
        from public.proxy_disputes as dispute
        where
            dispute.organisation_id = report_disputes.org_id
            and (
                dispute.opened_at <@ report_disputes.period
                or dispute.resolved_at <@ report_disputes.period
                or dispute.outcome is null
            )
    )
    select
        jsonb_build_object(
            'opened', count(*) filter (where disputes.was_opened),
            'upheld', count(*) filter (where disputes.was_settled and disputes.outcome = 'upheld'),
            'rejected', count(*) filter (where disputes.was_settled and disputes.outcome = 'rejected'),
            'median_seconds', extract(
                epoch from percentile_cont(0.5) within group (order by disputes.resolved_at - disputes.opened_at)
                filter (where disputes.was_settled)
            ),
            -- Whenever they were opened: what nobody has settled today.
            'open_now', count(*) filter (where disputes.outcome is null),
            'oldest_open_at', min(disputes.opened_at) filter (where disputes.outcome is null),
            'by_reason', (
                select
                    jsonb_agg(
                        jsonb_build_object(
                            'reason_code', known.reason_code,
                            'opened', (
                                select count(*) from disputes as one where one.reason_code = known.reason_code and one.was_opened
                            ),
                            'upheld', (
                                select count(*)
                                from disputes as one
                                where one.reason_code = known.reason_code and one.was_settled and one.outcome = 'upheld'
                            ),
                            'rejected', (
                                select count(*)
                                from disputes as one
                                where one.reason_code = known.reason_code and one.was_settled and one.outcome = 'rejected'
                            )
                        )
                        order by known.position
                    )
                from unnest(array['not_me', 'wrong_day', 'wrong_duration', 'wrong_type', 'duplicate', 'other'])
                with ordinality as known (reason_code, position)
            )
        )
    from disputes
$$;

comment on function private.report_disputes is
'What mentors disputed in a period, how it was settled, and what is open now. For public.get_compliance_report only.';
revoke all on function private.report_disputes from public, anon, authenticated, service_role;
