create or replace function private.goes_into_digest(
    kind text,
    recipient_user_id uuid,
    mentor_user_id uuid
)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        goes_into_digest.kind <> 'ops_alert'
        and goes_into_digest.recipient_user_id is not null
        and goes_into_digest.recipient_user_id is distinct from goes_into_digest.mentor_user_id
$$;

comment on function private.goes_into_digest is
'Is this message a coordinator''s, who gets one digest a day? It names a user, and not as the mentor it is for. An
alert never waits for a digest. For our functions only.';
revoke all on function private.goes_into_digest from public, anon, authenticated, service_role;
