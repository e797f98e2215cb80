create or replace function private.problems_of_logs(
    at timestamptz,
    organisation_id uuid
)
returns setof private.problem
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        'log_partitions_low',
        'critical',
        null::uuid,
        format('The logs have partitions for only %s more months.', min(ahead.months)),
        'peerledger migrate',
        count(*),
        null::timestamptz
    from private.log_months_ahead() as ahead
    where problems_of_logs.organisation_id is null and ahead.months < 2
    having count(*) > 0
    union all
    select
        'log_guards_missing',
        'critical',
        null::uuid,
        format('A log is not guarded as it should be: %s: %s', guard.relation_name, guard.problem),
        'see docs/operations.md under log_guards_missing',
        1::bigint,
        null::timestamptz
    from private.log_guards() as guard
    where problems_of_logs.organisation_id is null and guard.problem <> ''
    union all
    select
        'log_guards_changed',
        'critical',
        null::uuid,
        format(
            'What protects the logs was changed since the last look: %s is %s.',
            changed.object_name || coalesce(' (' || array_to_string(changed.parts[:3], ', ') || ')', ''), changed.change
        ),
        'see docs/operations.md under log_guards_changed',
        1::bigint,
        null::timestamptz
    from private.guard_changes() as changed
    where problems_of_logs.organisation_id is null
    union all
    select
        'dblink_exposed',
        'critical',
        null::uuid,
        format(
            'An API role can open connections to this server: %s by %s.',
            exposed.function_name, string_agg(exposed.role_name, ', ' order by exposed.role_name)
        ),
        'see docs/logs.md: revoke it, or have `peerledger record-attempts` install dblink',
        count(*),
        null::timestamptz
    from private.exposed_dblink_functions() as exposed
    where problems_of_logs.organisation_id is null
    group by exposed.function_name
$$;

comment on function private.problems_of_logs is
'Missing partitions and guards, changed guards, and dblink within reach of an API role. For private.status_problems only.';
revoke all on function private.problems_of_logs from public, anon, authenticated, service_role;
