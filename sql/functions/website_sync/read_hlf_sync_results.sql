create or replace function private.read_hlf_sync_results(
    results jsonb
)
returns setof private.hlf_sync_result
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.require_results(
        read_hlf_sync_results.results,
        array[
            'mentor_id', 'desired_version', 'worker', 'dynamics_response_code', 'error_kind', 'retry_after',
            'credential_organisations'
        ],
        array['timeout', 'connection', 'token_refused', 'token_unavailable', 'bad_response', 'not_sent']
    );

    return query
    select
        item.position::int,
        (item.body ->> 'mentor_id')::uuid,
        (item.body ->> 'desired_version')::bigint,
        item.body ->> 'worker',
        (item.body ->> 'dynamics_response_code')::int,
        item.body ->> 'error_kind',
        item.body ->> 'retry_after',
        case
            when jsonb_typeof(item.body -> 'credential_organisations') = 'array'
                then array(
                    select organisation.id::uuid
                    from jsonb_array_elements_text(item.body -> 'credential_organisations') as organisation (id)
                )
        end
    from jsonb_array_elements(read_hlf_sync_results.results) with ordinality as item (body, position);
end
$$;

comment on function private.read_hlf_sync_results is
'The results that a worker reports, checked. Error: 22023 with the path of the first bad value. For our functions only.';
revoke all on function private.read_hlf_sync_results from public, anon, authenticated, service_role;
