-- Definer: reads assignments and mentors whatever the caller may see of them.
create or replace function private.my_scope_mentor_ids()
returns setof uuid
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select mentor.id
    from public.peer_mentors as mentor
    where exists (
        select
        from public.coordinator_assignments as assignment
        where
            assignment.user_id = (select private.caller_id())
            and private.reaches(assignment, mentor.organisation_id, mentor.chapter_id)
    )
$$;

comment on function private.my_scope_mentor_ids is
'The mentors for whom the caller may act as a coordinator: those of their chapters, or all where the '
'assignment is organisation-wide. Callable by authenticated (policies need it).';
revoke all on function private.my_scope_mentor_ids from public, anon, authenticated, service_role;
grant execute on function private.my_scope_mentor_ids to authenticated;
