create or replace function private.status_numbers(
    at timestamptz default clock_timestamp(),
    organisation_id uuid default null
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_topic name;
    v_found jsonb;
    v_numbers jsonb := jsonb_build_object();
begin
    for v_topic in
        select function.proname
        from pg_proc as function
        where function.pronamespace = 'private'::regnamespace and function.proname like 'numbers\_of\_%'
        order by function.proname
    loop
        begin
            execute format('select jsonb_object_agg(found.name, found.value) from private.%I($1, $2) as found', v_topic)
            into v_found
            using status_numbers.at, status_numbers.organisation_id;
            v_numbers := v_numbers || coalesce(v_found, '{}');
        exception
            -- That they cannot be read hides no other numbers; private.status makes a problem of it.
            when others then
                v_numbers := v_numbers || jsonb_build_object(
                    'unreadable',
                    coalesce(v_numbers -> 'unreadable', '[]')
                    || to_jsonb(replace(substring(v_topic from 'numbers_of_(.*)'), '_', ' '))
                );
        end;
    end loop;
    return v_numbers;
end
$$;

comment on function private.status_numbers is
'The numbers of the system or of one organisation, as an object: it asks each function
private.numbers_of_…(at, organisation_id). unreadable is there when some cannot be read, and names their topics. For our functions and the runner.';
revoke all on function private.status_numbers from public, anon, authenticated, service_role;
