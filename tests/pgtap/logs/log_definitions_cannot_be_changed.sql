-- private.logs decides on retention: neither the name of a log nor its columns can be changed there, and none is taken off.
begin;
select plan(8);
select throws_ok(
    format('update private.logs set %I = %L where log_name = ''proxy_audit_log''', change.column_name, change.value),
    'PL005', null, format('its %s cannot be changed', change.column_name)
)
from (
    values ('log_name', 'x'), ('time_column', 'created_at'), ('organisation_column', 'org_id'), ('retention_months', '59')
) as change (column_name, value);
select throws_ok(
    'delete from private.logs where log_name = ''proxy_audit_log''', 'PL005', null, 'it is not taken off the list'
);

select throws_ok('select private.set_log_retention(''proxy_audit_log'', 59)', 'PL005', null, 'five years at the least');
select lives_ok(
    $$ select private.set_log_retention('proxy_audit_log', retention_months + 1) from private.logs where log_name = 'proxy_audit_log' $$,
    'longer can be had'
);
select results_eq(
    'select event_kind, details from public.security_events where event_kind = ''log_retention_raised''',
    $$
    select 'log_retention_raised', jsonb_build_object('months', retention_months, 'object', 'private.logs')
    from private.logs where log_name = 'proxy_audit_log'
    $$, 'and is on record'
);
select finish();
rollback;
