-- A question about one mentor: private.my_scope_mentor_ids lists everybody in reach, which is much for one row.
-- Definer: reads assignments and mentors whatever the caller may see of them.
create or replace function private.is_in_my_scope(
    mentor_id uuid
)
returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select
        from public.peer_mentors as mentor
        inner join public.coordinator_assignments as assignment
            on private.reaches(assignment, mentor.organisation_id, mentor.chapter_id)
        where
            mentor.id = is_in_my_scope.mentor_id
            and assignment.user_id = private.caller_id()
    )
$$;

comment on function private.is_in_my_scope is
'May the caller act for this mentor as a coordinator: of the mentor''s chapter, or of the whole organisation? Not of a mentor that
does not exist. Callable by authenticated (policies need it).';
revoke all on function private.is_in_my_scope from public, anon, authenticated, service_role;
grant execute on function private.is_in_my_scope to authenticated;
