create or replace function private.status(
    at timestamptz default clock_timestamp(),
    organisation_id uuid default null
)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with counted as materialized (
        select private.status_numbers(status.at, status.organisation_id) as numbers
    ),
    found as (
        select problem.*
        from private.status_problems(status.at, status.organisation_id) as problem
        union all
        select
            'status_unreadable', 'critical', status.organisation_id,
            format('The numbers of the %s cannot be read.', topic.name), 'peerledger migrate --check', null, null
        from counted
        cross join jsonb_array_elements_text(counted.numbers -> 'unreadable') as topic (name)
    )
    select
        jsonb_build_object(
            'checked_at', status.at,
            'problems', (
                select
                    coalesce(
                        jsonb_agg(
                            to_jsonb(found)
                            order by array_position(array['critical', 'warning', 'info'], found.severity), found.code, found.oldest_at
                        ), '[]'
                    )
                from found
            ),
            'numbers', counted.numbers
        )
    from counted
$$;

comment on function private.status is
'How the system is (organisation_id null), or how one organisation is: {checked_at, problems: [{code, severity, organisation_id,
message, action, affected, oldest_at}], numbers: {name: value}}, the most severe problems first. For our functions and the runner.';
revoke all on function private.status from public, anon, authenticated, service_role;
