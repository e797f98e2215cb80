-- The catalogue that private.write_alert holds every alert against. The runbook (docs/operations.md) says what to do about
-- each, and the report has words for each: tests ask here which there are.
create or replace function private.alert_kinds()
returns table (
    kind text
)
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    values
        ('access_changed'),
        ('access_restored'),
        ('audit_write_failed'),
        ('auth_failure'),
        ('badge_evaluation_failed'),
        ('badge_time_budget_exceeded'),
        ('certification_failures'),
        ('clock_differs'),
        ('credential_check_failed'),
        ('database_restored'),
        ('dead_letters'),
        ('log_change_refused'),
        ('log_guards_changed'),
        ('log_guards_missing'),
        ('log_partition_missing'),
        ('log_partitions_low'),
        ('log_upkeep_failed'),
        ('logs_incomplete'),
        ('mentors_not_in_dynamics'),
        ('night_without_run'),
        ('nightly_failed'),
        ('notification_credentials'),
        ('notification_dead_letter'),
        ('notification_unreachable'),
        ('reconciliation_over_5_percent'),
        ('seal_broken'),
        ('unclassified'),
        ('website_contact_changed'),
        ('website_lists_strangers'),
        ('worker_part_failed')
$$;

comment on function private.alert_kinds is
'Every kind of alert there is. A new one needs a line here, one in the runbook and words in the report. For our functions
only.';
revoke all on function private.alert_kinds from public, anon, authenticated, service_role;
