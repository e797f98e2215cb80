-- Definer: reads assignments whatever the caller may see of them.
create or replace function private.require_whole_organisation(
    organisation_id uuid
)
returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.require_organisation(require_whole_organisation.organisation_id);
    if not private.is_service_call() and not exists (
        select
        from public.coordinator_assignments as assignment
        where
            assignment.organisation_id = require_whole_organisation.organisation_id
            and assignment.user_id = (select private.caller_id())
            and assignment.chapter_id is null
    ) then
        raise exception using
            errcode = '42501',
            message = 'Only a coordinator of the whole organisation can do this.',
            hint = 'Ask a coordinator who is not limited to a chapter.';
    end if;
end
$$;

comment on function private.require_whole_organisation is
'Passes when the caller coordinates the whole organisation and not only chapters of it. Errors: PT404 unknown or '
'invisible, 42501. For our functions only.';
revoke all on function private.require_whole_organisation from public, anon, authenticated, service_role;
