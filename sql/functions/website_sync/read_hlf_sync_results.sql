create or replace function private.read_hlf_sync_results(
    results jsonb
)
returns setof private.hlf_sync_result
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_uuid constant text := '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';
    v_bad record;
begin
    if jsonb_typeof(read_hlf_sync_results.results) is distinct from 'array' then
        raise exception using
            errcode = '22023',
            message = 'results must be an array of objects.',
            detail = 'results';
    end if;

    select format('results[%s]%s', item.position - 1, problem.field) as path, problem.wanted
    into v_bad
    from jsonb_array_elements(read_hlf_sync_results.results) with ordinality as item (body, position)
    cross join lateral (
        select rule.field, rule.wanted
        from (
            values
            (1, '', 'an object', jsonb_typeof(item.body) = 'object'),
            (2, '.mentor_id', 'a uuid', item.body ->> 'mentor_id' ~* v_uuid),
            (
                3, '.desired_version', 'a whole number, as it was claimed',
                jsonb_typeof(item.body -> 'desired_version') = 'number' and item.body ->> 'desired_version' ~ '^[0-9]{1,18}$'
            ),
            (
                4, '.worker', 'the name of the worker that claimed it',
                jsonb_typeof(item.body -> 'worker') = 'string' and btrim(item.body ->> 'worker') <> ''
            ),
            (
                5, '.dynamics_response_code', 'null or an HTTP status',
                item.body ->> 'dynamics_response_code' is null
                or (
                    jsonb_typeof(item.body -> 'dynamics_response_code') = 'number'
                    and item.body ->> 'dynamics_response_code' ~ '^[1-5][0-9]{2}$'
                )
            ),
            (
                6, '.error_kind',
                'null, timeout, connection, token_refused, token_unavailable, bad_response or not_sent; '
                'not null when there is no status',
                case
                    when item.body ->> 'error_kind' is null then item.body ->> 'dynamics_response_code' is not null
                    else item.body ->> 'error_kind' in (
                        'timeout', 'connection', 'token_refused', 'token_unavailable', 'bad_response', 'not_sent'
                    )
                end
            ),
            (
                7, '.retry_after', 'null, a text or a number',
                coalesce(jsonb_typeof(item.body -> 'retry_after'), 'null') in ('null', 'string', 'number')
            ),
            (
                8, '.credential_organisations', 'null or an array of uuids',
                case coalesce(jsonb_typeof(item.body -> 'credential_organisations'), 'null')
                    when 'null' then true
                    when 'array' then not exists (
                        select
                        from jsonb_array_elements(item.body -> 'credential_organisations') as organisation (id)
                        where not coalesce(organisation.id #>> '{}' ~* v_uuid, false)
                    )
                end
            )
        ) as rule (number, field, wanted, holds)
        where not coalesce(rule.holds, false)
        order by rule.number
        limit 1
    ) as problem
    order by item.position
    limit 1;
    if found then
        raise exception using
            errcode = '22023',
            message = format('%s must be %s.', v_bad.path, v_bad.wanted),
            detail = v_bad.path,
            hint = 'Nothing of this call was taken over.';
    end if;

    return query
    select
        (item.position - 1)::int,
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
