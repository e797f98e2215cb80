-- Definer: reads peer_mentors without its policy, which itself asks this function.
create or replace function private.my_mentor_ids()
returns setof uuid
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select mentor.id
    from public.peer_mentors as mentor
    where mentor.user_id = (select private.caller_id())
$$;

comment on function private.my_mentor_ids is
'The mentors that the caller is, one an organisation. Callable by authenticated (policies need it).';
revoke all on function private.my_mentor_ids from public, anon, authenticated, service_role;
grant execute on function private.my_mentor_ids to authenticated;
