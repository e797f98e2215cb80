-- Asks the catalogues for what they would say, and compares.
create or replace function private.is_safe_text(
    content text
)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        is_safe_text.content = private.safe_error_text(substring(is_safe_text.content from '\(([0-9A-Z]{5})\)$'))
        or exists (
            select
            from unnest(array['website', 'message']) as about
            cross join unnest(
                array[
                    null, 'timeout', 'connection', 'token_refused', 'token_unavailable', 'worker_lost', 'no_contact_id',
                    'unregistered', 'bad_response', 'no_address', 'no_text'
                ]
            ) as kind
            where
                is_safe_text.content = private.safe_delivery_text(
                    about, substring(is_safe_text.content from '\(HTTP ([1-5][0-9]{2})\)$')::int, kind
                )
        )
$$;

comment on function private.is_safe_text is
'Is this a sentence of the safe-text catalogues (safe_error_text, safe_delivery_text)? For our functions only.';
revoke all on function private.is_safe_text from public, anon, authenticated, service_role;
