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
            when delivery_outcome.error_kind = 'credentials' or delivery_outcome.response_code = 401 then 'credentials'
            when delivery_outcome.error_kind in ('no_address', 'unregistered', 'no_text') then 'dead_lettered'
            when delivery_outcome.response_code in (408, 429) then 'retry'
            when delivery_outcome.response_code between 400 and 499 then 'dead_lettered'
            when delivery_outcome.error_kind is not null then 'retry'
            when coalesce(delivery_outcome.response_code between 200 and 299, true) then 'sent'
            else 'retry'
        end
$$;

comment on function private.delivery_outcome is
'What one attempt came to: sent, retry, dead_lettered, credentials (not the message''s fault) or given_back (there was
no attempt). For our functions only.';
revoke all on function private.delivery_outcome from public, anon, authenticated, service_role;
