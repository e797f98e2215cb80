-- The one rule for both queues. What it does not name (a redirect, 409, 410) may come from a proxy or pass: retrying costs
-- eight requests, giving up costs the message.
create or replace function private.attempt_verdict(
    about text,
    response_code int,
    error_kind text
)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        case
            when attempt_verdict.error_kind = 'not_sent' then 'give_back'
            when attempt_verdict.error_kind = 'token_refused' then 'pause'
            when
                attempt_verdict.response_code = 401
                and attempt_verdict.error_kind is distinct from 'token_unavailable'
                then 'pause'
            when attempt_verdict.error_kind in ('no_address', 'unregistered', 'no_text') then 'dead_letter'
            -- Whatever status came with them is not the answer to our request, or not the whole of it.
            when attempt_verdict.error_kind in ('timeout', 'connection', 'token_unavailable') then 'retry'
            when attempt_verdict.response_code in (400, 403, 404, 405, 412, 422) then 'dead_letter'
            when attempt_verdict.error_kind is not null then 'retry'
            when attempt_verdict.response_code = 204 then 'success'
            -- Only Dynamics confirms with 204 alone; some receivers, as the console, have no statuses at all.
            when
                attempt_verdict.about = 'message'
                and (attempt_verdict.response_code between 200 and 299 or attempt_verdict.response_code is null)
                then 'success'
            else 'retry'
        end
$$;

comment on function private.attempt_verdict is
'What an attempt to deliver, about website (the sync) or message (a notification), came to: success; retry; dead_letter
(it will never succeed); pause (our credentials were refused, which is not this delivery''s fault) or give_back (nothing
was sent, so it was no attempt). For our functions only.';
revoke all on function private.attempt_verdict from public, anon, authenticated, service_role;
