-- The one list for the website sync and the notifications. What it does not name (a redirect, 409, 410) may be a
-- proxy's word or pass: trying again costs eight requests, giving up costs the message.
create or replace function private.http_verdict(
    response_code int
)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        case
            when http_verdict.response_code between 200 and 299 then 'success'
            when http_verdict.response_code = 401 then 'credentials'
            when http_verdict.response_code in (400, 403, 404, 405, 412, 422) then 'dead_letter'
            else 'retry'
        end
$$;

comment on function private.http_verdict is
'What a status means for a request: success, dead_letter (it will never succeed), credentials (ours were refused) or
retry: 408, 429, 5xx, whatever no rule names, and no status at all. For our functions only.';
revoke all on function private.http_verdict from public, anon, authenticated, service_role;
