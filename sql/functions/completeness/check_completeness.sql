-- Every night what changed since the last sound look, once a week everything: whoever changes a row with the triggers off
-- leaves no time of it behind.
--
-- Invoker, to be run by a role that no policy binds: what a policy hides is not missing.
create or replace function private.check_completeness(
    is_full boolean default null,
    out is_of_everything boolean,
    out findings bigint,
    out first_finding text
)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    c_margin constant interval := interval '1 hour';
    v_started_at timestamptz := clock_timestamp();
    v_last_at timestamptz;
    v_last_full_at timestamptz;
    v_counts jsonb;
begin
    select
        max((event.details ->> 'looked_at')::timestamptz),
        max((event.details ->> 'looked_at')::timestamptz) filter (where (event.details ->> 'is_of_everything')::boolean)
    into v_last_at, v_last_full_at
    from public.security_events as event
    where
        event.event_kind = 'completeness_checked'
        and event.occurred_at > v_started_at - interval '8 days'
        and (event.details ->> 'findings')::bigint = 0;
    is_of_everything := coalesce(
        check_completeness.is_full, v_last_full_at is null or v_last_full_at < v_started_at - interval '7 days' + c_margin
    );

    select
        coalesce(sum(found.gaps) filter (where found.hole is null), 0),
        min(found.first_one) filter (where found.hole is null),
        coalesce(jsonb_agg(
            jsonb_strip_nulls(jsonb_build_object(
                'check', found."check", 'log', found.log_name, 'hole', replace(found.hole, ' ', '_'), 'count', found.gaps
            ))
            order by found."check", found.log_name, found.hole
        ), '[]')
    into findings, first_finding, v_counts
    from (
        select
            gap."check", gap.log_name, gap.hole,
            -- Holes of activities come with their number.
            sum(case when gap.hole is not null and gap.subject_id is null then gap.detail::bigint else 1 end) as gaps,
            min(concat_ws(' ', gap."check", gap.log_name, gap.subject_id, gap.detail)) as first_one
        from private.log_gaps(case when is_of_everything then '-infinity' else v_last_at - c_margin end) as gap
        group by gap."check", gap.log_name, gap.hole
    ) as found;

    perform private.record_security_event(
        'completeness_checked',
        details => jsonb_build_object(
            'looked_at', v_started_at,
            'is_of_everything', is_of_everything,
            'findings', findings,
            'found', v_counts
        )
    );
    if findings > 0 then
        perform private.write_alert(
            'logs_incomplete',
            'critical',
            left(
                format(
                    '%s changes and log entries do not belong together, the first: %s. Run `peerledger verify`, which names all.',
                    findings, first_finding
                ), 500
            ),
            'logs_incomplete',
            details => jsonb_build_object('findings', findings, 'found', v_counts)
        );
    end if;
end
$$;

comment on function private.check_completeness is
'Looks whether every change has its entry and every entry its change (private.log_gaps), records that it looked and what it
found as completeness_checked, and raises a critical alert when it found something. is_full: everything, or only what
changed; by itself everything once a week. For the night.';
revoke all on function private.check_completeness from public, anon, authenticated, service_role;
