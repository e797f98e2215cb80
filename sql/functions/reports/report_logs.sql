create or replace function private.report_logs(
    org_id uuid,
    period tstzrange
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_log record;
    v_is_held boolean := exists (
        select
        from public.legal_holds as hold
        where hold.organisation_id = report_logs.org_id and hold.lifted_at is null
    );
    v_counted jsonb;
    v_logs jsonb := '[]'::jsonb;
begin
    -- The logs are a table: a sixth is in the report by itself.
    for v_log in
        -- Both look at every partition of every log: once, and not once for each log.
        with guards as materialized (
            select
                guard.log_name,
                count(*) as relations,
                jsonb_agg(guard.relation_name || ': ' || guard.problem order by guard.relation_name)
                filter (where guard.problem <> '') as problems
            from private.log_guards() as guard
            group by guard.log_name
        ),
        kept as materialized (
            select month.log_name, count(*) filter (where month.is_past_floor) as months_past_floor
            from private.log_months() as month
            group by month.log_name
        )
        select
            log.log_name,
            log.time_column,
            log.organisation_column,
            log.retention_months,
            coalesce(guards.relations, 0) as relations,
            coalesce(guards.problems, '[]') as problems,
            coalesce(kept.months_past_floor, 0) as months_past_floor
        from private.logs as log
        left join guards on guards.log_name = log.log_name
        left join kept on kept.log_name = log.log_name
        order by log.log_name
    loop
        execute format(
            'select jsonb_build_object(''entries'', count(*) filter (where %1$I >= $2 and %1$I < $3), '
            '''entries_in_all'', count(*), ''oldest_at'', min(%1$I), '
            -- Held for this organisation: what another one's case keeps is not for its report.
            '''months_held'', count(distinct date_trunc(''month'', %1$I at time zone ''utc'')) filter (where $4)) '
            'from public.%2$I where %3$I = $1',
            v_log.time_column, v_log.log_name, v_log.organisation_column
        )
        into v_counted
        using report_logs.org_id, lower(report_logs.period), upper(report_logs.period), v_is_held;

        v_logs := v_logs || jsonb_build_array(
            jsonb_build_object(
                'log_name', v_log.log_name,
                'retention_months', v_log.retention_months,
                'months_past_floor', v_log.months_past_floor,
                'guarded_relations', v_log.relations,
                'guard_problems', v_log.problems
            )
            || v_counted
        );
    end loop;

    return jsonb_build_object(
        'logs', v_logs,
        'seals', private.seal_status(),
        -- Of all together, and only whether: the findings are for the operators.
        'completeness', (
            select
                jsonb_build_object(
                    'checked_at', event.details ->> 'looked_at',
                    'is_of_everything', (event.details ->> 'is_of_everything')::boolean,
                    'findings', (event.details ->> 'findings')::bigint
                )
            from public.security_events as event
            where event.event_kind = 'completeness_checked'
            order by event.occurred_at desc
            limit 1
        ),
        'months_counted', (
            select count(distinct (event.table_name, event.details ->> 'month'))
            from public.security_events as event
            where event.event_kind = 'log_month_counted' and event.organisation_id = report_logs.org_id
        ),
        'legal_holds', (
            select
                coalesce(
                    jsonb_agg(
                        jsonb_build_object(
                            'case_reference', hold.case_reference, 'set_at', hold.set_at, 'lifted_at', hold.lifted_at
                        )
                        order by hold.set_at, hold.id
                    ), '[]'
                )
            from public.legal_holds as hold
            where
                hold.organisation_id = report_logs.org_id
                and (
                    hold.lifted_at is null
                    or (hold.set_at < upper(report_logs.period) and hold.lifted_at >= lower(report_logs.period))
                )
        ),
        'archived', (
            select
                coalesce(
                    jsonb_agg(
                        jsonb_build_object(
                            'log_name', event.table_name,
                            'month', event.details ->> 'month',
                            'archived_at', event.occurred_at,
                            'file_sha256', event.details ->> 'file_sha256'
                        )
                        order by event.details ->> 'month', event.table_name, event.occurred_at
                    ), '[]'
                )
            from public.security_events as event
            where event.event_kind = 'log_archived'
        ),
        -- Of what concerns no one organisation the counts, and nothing else.
        'security_events', (
            select
                coalesce(
                    jsonb_agg(
                        jsonb_build_object('event_kind', found.event_kind, 'events', found.events, 'last_at', found.last_at)
                        order by found.event_kind
                    ), '[]'
                )
            from (
                select event.event_kind, count(*) as events, max(event.occurred_at) as last_at
                from public.security_events as event
                where
                    coalesce(event.organisation_id, report_logs.org_id) = report_logs.org_id
                    and event.occurred_at >= lower(report_logs.period)
                    and event.occurred_at < upper(report_logs.period)
                group by event.event_kind
            ) as found
        )
    );
end
$$;

comment on function private.report_logs is
'What the logs hold of an organisation, how long they are kept, what has been archived, and whether their guards are in
place now. For public.get_compliance_report only.';
revoke all on function private.report_logs from public, anon, authenticated, service_role;
