-- Definer: updates a column that no caller may; the caller is checked first.
create or replace function public.move_mentor(
    mentor_id uuid,
    chapter_id uuid
)
returns public.peer_mentors
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mentor public.peer_mentors;
begin
    v_mentor := private.lock_mentor_in_scope(move_mentor.mentor_id);
    perform private.require_whole_organisation(v_mentor.organisation_id);
    if move_mentor.chapter_id is not null and not exists (
        select
        from public.chapters as chapter
        where chapter.organisation_id = v_mentor.organisation_id and chapter.id = move_mentor.chapter_id
    ) then
        raise exception using
            errcode = 'PT404',
            message = format('There is no chapter %s in the mentor''s organisation.', move_mentor.chapter_id),
            detail = 'chapter_id',
            hint = 'A mentor moves between chapters of their own organisation; null is none of them.';
    end if;

    update public.peer_mentors as mentor
    set chapter_id = move_mentor.chapter_id
    where mentor.id = v_mentor.id
    returning mentor.* into v_mentor;
    return v_mentor;
end
$$;

comment on function public.move_mentor is
'Moves a mentor to another chapter of the organisation, or to none (null).
What the mentor did before stays theirs; from now on the coordinators of the new chapter act for them. Callable by coordinators of the whole
organisation and service_role. Errors: PT404 no such mentor or chapter, 42501.';
revoke all on function public.move_mentor from public, anon, authenticated, service_role;
grant execute on function public.move_mentor to authenticated, service_role;
