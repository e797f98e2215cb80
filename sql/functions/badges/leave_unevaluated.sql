-- The mentors are not locked, so nothing of theirs is written but the entries that say so. Their rollups lack these activities
-- until the night compares them (private.badge_differences) and makes up for it.
create or replace function private.leave_unevaluated(
    touched private.touched_mentor[],
    error_code text,
    started_at timestamptz,
    source text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mentor private.touched_mentor;
begin
    foreach v_mentor in array leave_unevaluated.touched loop
        perform private.report_failed_evaluation(v_mentor.mentor_id, leave_unevaluated.error_code);
    end loop;
    perform private.log_badge_evaluations(
        leave_unevaluated.touched, array[]::private.badge_outcome[], leave_unevaluated.error_code,
        leave_unevaluated.started_at, leave_unevaluated.source
    );
end
$$;

comment on function private.leave_unevaluated is
'Logs that mentors could not be evaluated, and alerts. The activities stay. For our functions only.';
revoke all on function private.leave_unevaluated from public, anon, authenticated, service_role;
