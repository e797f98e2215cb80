create or replace function private.delivery_error_text(
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
        case delivery_error_text.error_kind
            when 'timeout' then 'The receiver did not answer in time.'
            when 'connection' then 'The receiver could not be reached.'
            when 'unregistered' then 'The device is no longer registered; it was removed.'
            when 'bad_response' then 'The receiver''s answer made no sense.'
            when 'no_address' then 'The recipient has registered no device.'
            when 'no_text' then 'The text could not be made from its template.'
            when 'credentials' then 'The receiver refused our credentials.'
            else
                case
                    when delivery_error_text.response_code = 401 then 'The receiver refused our credentials.'
                    when delivery_error_text.response_code = 429 then 'The receiver asked to send less.'
                    when delivery_error_text.response_code >= 500 then 'The receiver had an error of its own.'
                    else 'The receiver refused the message.'
                end
        end || coalesce(' (HTTP ' || delivery_error_text.response_code || ')', '')
$$;

comment on function private.delivery_error_text is
'The sentence for an attempt that failed: all that is kept of it. For our functions only.';
revoke all on function private.delivery_error_text from public, anon, authenticated, service_role;
