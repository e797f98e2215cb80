-- Definer: looks for mentors that the caller may not see.
create or replace function private.require_own_or_coordinated(
    mentor_id uuid
)
returns public.peer_mentors
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mentor public.peer_mentors;
begin
    select mentor.*
    into v_mentor
    from public.peer_mentors as mentor
    where
        mentor.id = require_own_or_coordinated.mentor_id
        and (
            private.is_service_call()
            or mentor.user_id = private.caller_id()
            or mentor.organisation_id in (select private.my_organisation_ids())
        );
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no mentor %s that you can see.', require_own_or_coordinated.mentor_id),
            hint = 'Check the id, and who you are signed in as.';
    end if;
    return v_mentor;
end
$$;

comment on function private.require_own_or_coordinated is
'The mentor, when the caller is the mentor, a coordinator of the organisation or the service role. Error: PT404. For our functions only.';
revoke all on function private.require_own_or_coordinated from public, anon, authenticated, service_role;
