create or replace function private.goes_into_digest(
    message public.notifications
)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        (goes_into_digest.message).kind <> 'ops_alert'
        and (goes_into_digest.message).recipient_user_id is not null
        and not exists (
            select
            from public.peer_mentors as mentor
            where
                mentor.id = (goes_into_digest.message).recipient_mentor_id
                and mentor.user_id = (goes_into_digest.message).recipient_user_id
        )
$$;

comment on function private.goes_into_digest is
'Is this message a coordinator''s, who gets one digest a day? It names a user, and not as the mentor it is for. An
alert never waits for a digest. For our functions only.';
revoke all on function private.goes_into_digest from public, anon, authenticated, service_role;
