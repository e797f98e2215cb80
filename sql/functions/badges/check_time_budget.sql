-- Nothing can limit the time of part of a statement from outside, so what may take long asks here before each step. Query
-- cancelled is the one error that "when others" lets through: a budget that is used up must not look like a failure.
create or replace function private.check_time_budget()
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if clock_timestamp() > nullif(current_setting('peerledger.badge_deadline', true), '')::timestamptz then
        raise exception using
            errcode = '57014',
            message = 'The time budget of this mentor is used up.',
            detail = 'badge_time_budget_ms',
            hint = 'organisation_settings.badge_time_budget_ms says how much there is.';
    end if;
end
$$;

comment on function private.check_time_budget is
'Raises 57014, DETAIL badge_time_budget_ms, once the time that private.reconcile_mentors gave to a mentor is over. For our
functions only.';
revoke all on function private.check_time_budget from public, anon, authenticated, service_role;
