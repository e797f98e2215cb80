-- What a night does, in this order. The ledger, the catching up, the alerts, the status and the metrics go by this.
create or replace function private.night_steps()
returns table (
    place int,
    job text,
    is_by_organisation boolean,
    is_run_for_each_date boolean,
    switch text,
    is_done_by_runner boolean
)
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    values
    (1, 'credential_check', false, false, null, true),
    (2, 'certification_expiry', true, true, null, false),
    (3, 'badge_reconciliation', true, false, 'badges_enabled', false),
    (4, 'website_reconciliation', true, false, 'website_sync_enabled', true),
    (5, 'log_partitions', false, false, null, false)
$$;

comment on function private.night_steps is
'The steps of a night: whether the ledger has a row for each organisation, beside the one for all together; whether missed
dates are run one by one, and not made up for by tonight''s run; the column of organisation_settings that switches it off;
and whether it needs the runner, because it speaks HTTP. For our functions and the runner.';
revoke all on function private.night_steps from public, anon, authenticated, service_role;
