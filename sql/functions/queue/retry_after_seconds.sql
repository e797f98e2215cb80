-- The header as RFC 9110 has it: seconds, or a date in one of three forms. Whatever else a server or a
-- proxy may send is ignored. Longer than a day is not believed: an expired mentor would stay listed.
create or replace function private.retry_after_seconds(
    retry_after text,
    seen_at timestamptz
)
returns int
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_day constant int := 86400;
    v_months constant text[] := array['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
    v_header constant text := lower(btrim(retry_after_seconds.retry_after, E' \t\r\n'));
    v_found text[];
    v_year int;
    v_until timestamptz;
begin
    if v_header ~ '^[0-9]{1,255}([.][0-9]{1,9})?$' then
        return least(ceil(v_header::numeric), v_day);
    end if;

    -- Day, month, year, hour, minute, second.
    v_found := coalesce(
        -- Sun, 06 Nov 1994 08:49:37 GMT
        regexp_match(v_header, '^[a-z]{3}, ([0-9]{2}) ([a-z]{3}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) gmt$'),
        -- Sunday, 06-Nov-94 08:49:37 GMT
        regexp_match(v_header, '^[a-z]{6,9}, ([0-9]{2})-([a-z]{3})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) gmt$')
    );
    if v_found is null then
        -- Sun Nov  6 08:49:37 1994
        v_found := regexp_match(
            v_header, '^[a-z]{3} ([a-z]{3}) ([ 0-9][0-9]) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([0-9]{4})$'
        );
        v_found := array[v_found[2], v_found[1], v_found[6], v_found[3], v_found[4], v_found[5]];
    end if;
    if array_position(v_months, v_found[2]) is null then
        return null;
    end if;

    v_year := v_found[3]::int;
    if length(v_found[3]) = 2 then
        -- Of the years that end so, the last one that is not more than 50 years ahead.
        v_year := v_year + 100 * floor((extract(year from retry_after_seconds.seen_at at time zone 'utc') + 50 - v_year) / 100)::int;
    end if;
    v_until := make_timestamptz(
        v_year, array_position(v_months, v_found[2]), v_found[1]::int,
        v_found[4]::int, v_found[5]::int, v_found[6]::int, 'UTC'
    );
    return greatest(0, least(ceil(extract(epoch from v_until - retry_after_seconds.seen_at)), v_day));
exception
    -- 31 February, 25 o'clock.
    when datetime_field_overflow or invalid_datetime_format then
        return null;
end
$$;

comment on function private.retry_after_seconds is
'For how many seconds a Retry-After header, seen at that time, asks to wait: 0 to 86,400; null when it makes no '
'sense. For our functions only.';
revoke all on function private.retry_after_seconds from public, anon, authenticated, service_role;
