create or replace function private.check_notification_results(
    results jsonb
)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_uuid constant text := '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';
    v_bad record;
begin
    if jsonb_typeof(check_notification_results.results) is distinct from 'array' then
        raise exception using
            errcode = '22023',
            message = 'results must be an array of objects.',
            detail = 'results';
    end if;

    -- The bad value itself is not repeated: it could be an address.
    select format('results[%s]%s', item.position - 1, problem.field) as path, problem.wanted
    into v_bad
    from jsonb_array_elements(check_notification_results.results) with ordinality as item (body, position)
    cross join lateral (
        select rule.field, rule.wanted
        from (
            values
            (1, '', 'an object', jsonb_typeof(item.body) = 'object'),
            (2, '.id', 'a uuid', item.body ->> 'id' ~* v_uuid),
            (
                3, '.worker', 'the name of the worker that claimed it',
                jsonb_typeof(item.body -> 'worker') = 'string' and btrim(item.body ->> 'worker') <> ''
            ),
            (4, '.device_id', 'null or a uuid', coalesce(item.body ->> 'device_id' ~* v_uuid, true)),
            (
                5, '.response_code', 'null or an HTTP status',
                item.body ->> 'response_code' is null
                or (
                    jsonb_typeof(item.body -> 'response_code') = 'number'
                    and item.body ->> 'response_code' ~ '^[1-9][0-9]{2}$'
                )
            ),
            (
                6, '.error_kind',
                'null, timeout, connection, unregistered, bad_response, no_address, no_text, credentials or not_sent',
                coalesce(
                    item.body ->> 'error_kind' in (
                        'timeout', 'connection', 'unregistered', 'bad_response', 'no_address', 'no_text', 'credentials', 'not_sent'
                    ),
                    true
                )
            ),
            (
                7, '.retry_after', 'null, a text or a number',
                coalesce(jsonb_typeof(item.body -> 'retry_after'), 'null') in ('null', 'string', 'number')
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
            hint = 'Nothing of this call was taken over. See the comment on complete_notifications.';
    end if;
end
$$;

comment on function private.check_notification_results is
'Passes when the results that a worker reports can be read. Error: 22023 with the path of the first bad value. For our
functions only.';
revoke all on function private.check_notification_results from public, anon, authenticated, service_role;
