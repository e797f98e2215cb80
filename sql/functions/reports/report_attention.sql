create or replace function private.report_attention(
    report jsonb
)
returns jsonb
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        coalesce(
            jsonb_agg(
                jsonb_build_object('section', found.section, 'reason', found.reason, 'count', found.count)
                order by found.position
            ), '[]'
        )
    from (
        values
        (
            1, 'badges', 'evaluations_failed',
            (report_attention.report #>> '{badges,failures}')::bigint
        ),
        (
            2, 'badges', 'awards_not_logged',
            (report_attention.report #>> '{badges,awards}')::bigint
            - (report_attention.report #>> '{badges,awards_logged}')::bigint
        ),
        (
            3, 'nights', 'nights_missed',
            (report_attention.report #>> '{certifications,nights_by_state,missed}')::bigint
        ),
        (
            3, 'nights', 'no_run_yet',
            case
                when report_attention.report #>> '{certifications,first_run_at}' is null
                    then (report_attention.report #>> '{certifications,nights_by_state,not_expected}')::bigint
            end
        ),
        (
            4, 'certifications', 'entries_not_written',
            (report_attention.report #>> '{certifications,unlogged_runs}')::bigint
        ),
        (
            5, 'certifications', 'mentors_failed',
            (report_attention.report #>> '{certifications,failures}')::bigint
        ),
        (
            6, 'website_sync', 'stands_still',
            jsonb_array_length(report_attention.report #> '{website_sync,pause_reasons}')::bigint
        ),
        (
            7, 'removals', 'removals_open',
            (report_attention.report #>> '{website_sync,open_now,removals}')::bigint
        ),
        (
            7, 'exposure', 'still_listed',
            (report_attention.report #>> '{website_sync,exposure,still_listed}')::bigint
        ),
        (
            7, 'disputes', 'disputes_open',
            (report_attention.report #>> '{disputes,open_now}')::bigint
        ),
        (
            8, 'dead_letters', 'given_up',
            (
                select sum((letters.value ->> 'open_now')::bigint)
                from jsonb_array_elements(report_attention.report -> 'dead_letters') as letters
            )
        ),
        (
            9, 'alerts', 'alerts_open',
            (
                select sum((alerts.value ->> 'still_open')::bigint)
                from jsonb_array_elements(report_attention.report -> 'alerts') as alerts
            )
        ),
        (
            10, 'guards', 'guards_missing',
            (
                select sum(jsonb_array_length(logs.value -> 'guard_problems'))
                from jsonb_array_elements(report_attention.report #> '{retention,logs}') as logs
            )
        ),
        (
            11, 'guards', 'changes_tried',
            (
                select sum((events.value ->> 'events')::bigint)
                from jsonb_array_elements(report_attention.report #> '{retention,security_events}') as events
                where events.value ->> 'event_kind' in ('log_change_refused', 'refusals_unrecorded')
            )
        )
    ) as found (position, section, reason, count)
    where found.count > 0
$$;

comment on function private.report_attention is
'What in a compliance report a person should look into, and how often it occurs. For our functions only.';
revoke all on function private.report_attention from public, anon, authenticated, service_role;
