create or replace function private.delivery_outcome(
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
            when delivery_outcome.error_kind = 'not_sent' then 'given_back'
            when
                delivery_outcome.error_kind = 'credentials'
                or private.http_verdict(delivery_outcome.response_code) = 'credentials'
                then 'credentials'
            when delivery_outcome.error_kind in ('no_address', 'unregistered', 'no_text') then 'dead_lettered'
            -- Whatever status came with them is not the answer to our request, or not the whole of it.
            when delivery_outcome.error_kind in ('timeout', 'connection') then 'retry'
            when private.http_verdict(delivery_outcome.response_code) = 'dead_letter' then 'dead_lettered'
            when delivery_outcome.error_kind is not null then 'retry'
            when
                -- A receiver without statuses, as the console.
                delivery_outcome.response_code is null
                or private.http_verdict(delivery_outcome.response_code) = 'success'
                then 'sent'
            else 'retry'
        end
$$;

comment on function private.delivery_outcome is
'What one attempt came to: sent, retry, dead_lettered, credentials (not the message''s fault) or given_back (there was
no attempt). For our functions only.';
revoke all on function private.delivery_outcome from public, anon, authenticated, service_role;
