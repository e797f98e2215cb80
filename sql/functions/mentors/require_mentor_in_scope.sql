-- Definer: looks for mentors that the caller may not see, to tell "not yours" from "not there".
create or replace function private.require_mentor_in_scope(
    mentor_id uuid
)
returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_organisation_id uuid;
    v_chapter_id uuid;
begin
    select mentor.organisation_id, mentor.chapter_id
    into v_organisation_id, v_chapter_id
    from public.peer_mentors as mentor
    where mentor.id = require_mentor_in_scope.mentor_id;

    if
        v_organisation_id is null
        or not (
            private.is_service_call()
            or v_organisation_id in (select private.my_organisation_ids())
        )
    then
        if require_mentor_in_scope.mentor_id in (select private.my_mentor_ids()) then
            raise exception using
                errcode = '42501',
                message = 'A mentor cannot do this for themselves.',
                hint = 'Ask a coordinator of your organisation.';
        end if;
        raise exception using
            errcode = 'PT404',
            message = format('There is no mentor %s that you can see.', require_mentor_in_scope.mentor_id),
            hint = 'Check the id, and that you are signed in as a coordinator of the mentor''s organisation.';
    end if;

    -- Of the one mentor: my_scope_mentor_ids would list everybody in reach.
    if not private.is_service_call() and not exists (
        select
        from public.coordinator_assignments as assignment
        where
            assignment.user_id = (select private.caller_id())
            and private.reaches(assignment, v_organisation_id, v_chapter_id)
    ) then
        raise exception using
            errcode = '42501',
            message = format('The mentor %s is outside your chapters.', require_mentor_in_scope.mentor_id),
            hint = 'Only a coordinator of the mentor''s chapter, or of the whole organisation, can do this.';
    end if;
end
$$;

comment on function private.require_mentor_in_scope is
'Passes when the caller may act for this mentor. Errors: PT404 unknown or invisible, 42501 oneself, or '
'outside the caller''s chapters. For our functions only.';
revoke all on function private.require_mentor_in_scope from public, anon, authenticated, service_role;
