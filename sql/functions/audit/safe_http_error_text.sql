-- What may be said of a failed request. The response itself is never stored: it quotes names and URLs.
create or replace function private.safe_http_error_text(
    dynamics_response_code int,
    error_kind text
)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        (
            select known.sentence
            from (
                values
                ('timeout', 'Dynamics did not answer in time; the change may have been applied.'),
                ('connection', 'The connection to Dynamics broke; the change may have been applied.'),
                ('token_refused', 'Microsoft Entra refused the credentials.'),
                ('token_unavailable', 'Microsoft Entra gave no access token.'),
                ('worker_lost', 'The worker stopped before it reported; the change may have been applied.'),
                ('no_contact_id', 'The mentor has no Dynamics contact id.')
            ) as known (kind, sentence)
            where known.kind = safe_http_error_text.error_kind
        ),
        (
            select known.sentence
            from (
                values
                (400, 400, 'Dynamics did not understand the request.'),
                (401, 401, 'Dynamics refused the credentials.'),
                (403, 403, 'The application may not change this contact.'),
                (404, 404, 'Dynamics has no such contact.'),
                (405, 405, 'Dynamics does not allow this kind of request.'),
                (408, 408, 'Dynamics waited too long for the request.'),
                (412, 412, 'Dynamics has no contact that the change could be made to.'),
                (422, 422, 'Dynamics could not use the value.'),
                (429, 429, 'Dynamics received too many requests.'),
                (500, 599, 'Dynamics had a failure of its own.'),
                (100, 399, 'Dynamics answered something that does not confirm the change.'),
                (400, 499, 'Dynamics refused the request.')
            ) as known (lowest, highest, sentence)
            where safe_http_error_text.dynamics_response_code between known.lowest and known.highest
            order by known.highest - known.lowest
            limit 1
        ),
        'The answer could not be read.'
    ) || coalesce(' (HTTP ' || safe_http_error_text.dynamics_response_code || ')', '')
$$;

comment on function private.safe_http_error_text is
'The sentence of the safe-text catalogue for a status and a kind of failure: all that a log may say of a request. For '
'our functions only.';
revoke all on function private.safe_http_error_text from public, anon, authenticated, service_role;
