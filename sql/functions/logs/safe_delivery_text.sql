-- What may be said of a failed request. The response itself is never stored: it quotes names and URLs.
create or replace function private.safe_delivery_text(
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
    select coalesce(
        (
            select known.sentence
            from (
                values
                ('website', 'timeout', 'Dynamics did not answer in time; the change may have been applied.'),
                ('website', 'connection', 'The connection to Dynamics broke; the change may have been applied.'),
                ('website', 'token_refused', 'Microsoft Entra refused the credentials.'),
                ('website', 'token_unavailable', 'Microsoft Entra gave no access token.'),
                ('website', 'worker_lost', 'The worker stopped before it reported; the change may have been applied.'),
                ('website', 'no_contact_id', 'The mentor has no Dynamics contact id.'),
                ('message', 'timeout', 'The receiver did not answer in time.'),
                ('message', 'connection', 'The receiver could not be reached.'),
                ('message', 'unregistered', 'The device is no longer registered; it was removed.'),
                ('message', 'bad_response', 'The receiver''s answer made no sense.'),
                ('message', 'no_address', 'The recipient has registered no device.'),
                ('message', 'no_text', 'The text could not be made from its template.'),
                ('message', 'token_refused', 'The receiver refused our credentials.')
            ) as known (about, kind, sentence)
            where
                known.about = safe_delivery_text.about
                and known.kind = safe_delivery_text.error_kind
        ),
        (
            select known.sentence
            from (
                values
                ('website', 400, 400, 'Dynamics did not understand the request.'),
                ('website', 401, 401, 'Dynamics refused the credentials.'),
                ('website', 403, 403, 'The application may not change this contact.'),
                ('website', 404, 404, 'Dynamics has no such contact.'),
                ('website', 405, 405, 'Dynamics does not allow this kind of request.'),
                ('website', 408, 408, 'Dynamics waited too long for the request.'),
                ('website', 412, 412, 'Dynamics has no contact that the change could be made to.'),
                ('website', 422, 422, 'Dynamics could not use the value.'),
                ('website', 429, 429, 'Dynamics received too many requests.'),
                ('website', 500, 599, 'Dynamics had a failure of its own.'),
                ('website', 100, 399, 'Dynamics answered something that does not confirm the change.'),
                ('website', 400, 499, 'Dynamics refused the request.'),
                ('message', 401, 401, 'The receiver refused our credentials.'),
                ('message', 429, 429, 'The receiver asked to send less.'),
                ('message', 500, 599, 'The receiver had an error of its own.'),
                ('message', 100, 499, 'The receiver refused the message.')
            ) as known (about, lowest, highest, sentence)
            where
                known.about = safe_delivery_text.about
                and safe_delivery_text.response_code between known.lowest and known.highest
            order by known.highest - known.lowest
            limit 1
        ),
        'The answer could not be read.'
    ) || coalesce(' (HTTP ' || safe_delivery_text.response_code || ')', '')
$$;

comment on function private.safe_delivery_text is
'The sentence of the safe-text catalogue for a status and a kind of failure, about website (the sync) or message (a '
'notification): all that may be kept of a request. For our functions only.';
revoke all on function private.safe_delivery_text from public, anon, authenticated, service_role;
