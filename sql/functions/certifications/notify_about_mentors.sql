create or replace function private.notify_about_mentors(
    messages private.mentor_message[]
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    insert into public.notifications (
        organisation_id, recipient_user_id, recipient_mentor_id, kind, payload, dedupe_key
    )
    select
        mentor.organisation_id,
        recipient.user_id,
        recipient.mentor_id,
        message.kind,
        message.payload,
        message.dedupe_key || recipient.suffix
    from unnest(notify_about_mentors.messages) as message
    inner join public.peer_mentors as mentor on mentor.id = message.mentor_id
    cross join lateral (
        select null::uuid as user_id, mentor.id as mentor_id, ':mentor' as suffix
        where private.has_address(mentor)
        union all
        -- Once, also who coordinates both the chapter and the organisation; and not the mentor again.
        select distinct assignment.user_id, null::uuid, ':user:' || assignment.user_id
        from public.coordinator_assignments as assignment
        where
            private.reaches(assignment, mentor.organisation_id, mentor.chapter_id)
            and assignment.user_id is distinct from mentor.user_id
    ) as recipient
    on conflict (dedupe_key) do nothing
$$;

comment on function private.notify_about_mentors is
'Hands each message to the outbox: one for the mentor, where there is an account or an e-mail address, and one for each
coordinator in scope. The same dedupe_key is never sent twice. For our functions only.';
revoke all on function private.notify_about_mentors from public, anon, authenticated, service_role;
