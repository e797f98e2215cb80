-- What needs a person is decided here; status, metrics, alerts, the report and a dashboard print it.
create or replace function private.status_problems(
    at timestamptz default clock_timestamp(),
    organisation_id uuid default null
)
returns setof private.problem
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_topic name;
begin
    for v_topic in
        select function.proname
        from pg_proc as function
        where
            function.pronamespace = 'private'::regnamespace
            and function.proname like 'problems\_of\_%'
            and function.prorettype = 'private.problem'::regtype
        order by function.proname
    loop
        begin
            return query execute format('select * from private.%I($1, $2)', v_topic)
            using status_problems.at, status_problems.organisation_id;
        exception
            -- What cannot be read needs a person, too, and hides nothing else.
            when others then
                return query
                select
                    'status_unreadable',
                    'critical',
                    status_problems.organisation_id,
                    format(
                        'The state of the %s cannot be read: %s',
                        replace(substring(v_topic from 'problems_of_(.*)'), '_', ' '), private.safe_error_text(sqlstate)
                    ),
                    'peerledger migrate --check',
                    null::bigint,
                    null::timestamptz;
        end;
    end loop;
end
$$;

comment on function private.status_problems is
'Everything that needs a person: of all organisations with what concerns all (organisation_id null), or of one alone. It asks each
function private.problems_of_…(at, organisation_id); a new one is asked from then on. For our functions and the runner.';
revoke all on function private.status_problems from public, anon, authenticated, service_role;
