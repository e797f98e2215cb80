-- The lock that an expiry run takes too: whichever comes second sees what the first did. Not stronger: activities go on.
create or replace function private.lock_mentor_in_scope(
    mentor_id uuid
)
returns public.peer_mentors
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mentor public.peer_mentors;
begin
    perform private.require_mentor_in_scope(lock_mentor_in_scope.mentor_id);
    select mentor.*
    into v_mentor
    from public.peer_mentors as mentor
    where mentor.id = lock_mentor_in_scope.mentor_id
    for no key update;
    -- While we waited the mentor may have moved.
    perform private.require_mentor_in_scope(lock_mentor_in_scope.mentor_id);
    return v_mentor;
end
$$;

comment on function private.lock_mentor_in_scope is
'The mentor, whose status nobody else changes until the end of the transaction, when the caller may act for them. Errors:
PT404, 42501, see private.require_mentor_in_scope. For our functions only.';
revoke all on function private.lock_mentor_in_scope from public, anon, authenticated, service_role;
