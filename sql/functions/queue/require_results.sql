-- Workers report what became of their requests in one form, about the website and about messages; each takes some of
-- these fields.
create or replace function private.require_results(
    results jsonb,
    fields text[],
    error_kinds text[]
)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_bad record;
begin
    if jsonb_typeof(require_results.results) is distinct from 'array' then
        raise exception using
            errcode = '22023',
            message = 'results must be an array of objects.',
            detail = 'results';
    end if;

    select format('results[%s]', item.position - 1) || coalesce('.' || rule.field, '') as path, rule.wanted
    into v_bad
    from jsonb_array_elements(require_results.results) with ordinality as item (body, position)
    cross join lateral (
        values
        (null, 'an object', jsonb_typeof(item.body) = 'object'),
        ('id', 'a uuid', private.is_uuid(item.body ->> 'id')),
        ('mentor_id', 'a uuid', private.is_uuid(item.body ->> 'mentor_id')),
        (
            'desired_version', 'a whole number, as it was claimed',
            (item.body -> 'desired_version')::text ~ '^[0-9]{1,18}$'
        ),
        (
            'worker', 'the name of the worker that claimed it',
            jsonb_typeof(item.body -> 'worker') = 'string' and btrim(item.body ->> 'worker') <> ''
        ),
        ('device_id', 'null or a uuid', coalesce(private.is_uuid(item.body ->> 'device_id'), true)),
        (
            'response_code', 'null or an HTTP status',
            coalesce((item.body -> 'response_code')::text ~ '^(null|[1-9][0-9]{2})$', true)
        ),
        (
            -- Kept in a log, which holds real ones only.
            'dynamics_response_code', 'null or an HTTP status',
            coalesce((item.body -> 'dynamics_response_code')::text ~ '^(null|[1-5][0-9]{2})$', true)
        ),
        (
            'error_kind', 'null, ' || array_to_string(require_results.error_kinds, ', '),
            coalesce(item.body ->> 'error_kind' = any (require_results.error_kinds), true)
        ),
        (
            -- Of messages both may be null: some receivers have no statuses.
            'error_kind', 'given when there is no status',
            coalesce(item.body ->> 'error_kind', item.body ->> 'dynamics_response_code') is not null
            or 'dynamics_response_code' <> all (require_results.fields)
        ),
        (
            'retry_after', 'null, a text or a number',
            coalesce(jsonb_typeof(item.body -> 'retry_after') in ('null', 'string', 'number'), true)
        ),
        (
            'credential_organisations', 'null or an array of uuids',
            case jsonb_typeof(item.body -> 'credential_organisations')
                when 'array' then not exists (
                    select
                    from jsonb_array_elements_text(item.body -> 'credential_organisations') as organisation (id)
                    where not coalesce(private.is_uuid(organisation.id), false)
                )
                else item.body ->> 'credential_organisations' is null
            end
        )
    ) as rule (field, wanted, holds)
    where
        not coalesce(rule.holds, false)
        and (rule.field is null or rule.field = any (require_results.fields))
    order by item.position, array_position(require_results.fields, rule.field) nulls first
    limit 1;
    if found then
        -- The bad value itself is not repeated: it could be an address.
        raise exception using
            errcode = '22023',
            message = format('%s must be %s.', v_bad.path, v_bad.wanted),
            detail = v_bad.path,
            hint = 'No result of this call was applied.';
    end if;
end
$$;

comment on function private.require_results is
'Passes when the results that a worker reports are an array of objects whose fields can be read. Error: 22023, whose DETAIL
is the path of the first bad one (results[3].worker). For our functions only.';
revoke all on function private.require_results from public, anon, authenticated, service_role;
