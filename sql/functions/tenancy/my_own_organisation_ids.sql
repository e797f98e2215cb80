-- Definer: reads assignments and mentors whatever the caller may see of them.
create or replace function private.my_own_organisation_ids()
returns setof uuid
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select private.my_organisation_ids()
    union
    select mentor.organisation_id
    from public.peer_mentors as mentor
    where mentor.user_id = (select private.caller_id())
$$;

comment on function private.my_own_organisation_ids is
'The organisations that the caller belongs to, as a coordinator or as a mentor. Callable by authenticated.';
revoke all on function private.my_own_organisation_ids from public, anon, authenticated, service_role;
grant execute on function private.my_own_organisation_ids to authenticated;
