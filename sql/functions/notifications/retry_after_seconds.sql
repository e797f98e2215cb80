create or replace function private.retry_after_seconds(
    header text,
    received_at timestamptz
)
returns double precision
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_header text := btrim(retry_after_seconds.header);
begin
    if v_header ~ '^[0-9]+$' then
        return least(v_header::numeric, 999999999);
    end if;
    -- The three forms of RFC 9110; only the second and the first name GMT, and it is always meant.
    if v_header ~ '^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [A-Za-z0-9 :-]{10,40}$' then
        return greatest(
            0, extract(epoch from (replace(v_header, 'GMT', '') || ' GMT')::timestamptz - retry_after_seconds.received_at)
        );
    end if;
    return null;
exception
    -- A header that means nothing is as good as none.
    when data_exception then
        return null;
end
$$;

comment on function private.retry_after_seconds is
'The seconds that a Retry-After header (seconds or an HTTP date) asks to wait; null when it says nothing. For our
functions only.';
revoke all on function private.retry_after_seconds from public, anon, authenticated, service_role;
