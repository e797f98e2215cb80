-- Definer: reads coordinator_assignments whatever the caller may see of it.
create or replace function private.my_organisation_ids()
returns setof uuid
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select assignment.organisation_id
    from public.coordinator_assignments as assignment
    where assignment.user_id = (select private.caller_id())
$$;

comment on function private.my_organisation_ids is
'The organisations in which the caller is a coordinator. Callable by authenticated (policies need it).';
revoke all on function private.my_organisation_ids from public, anon, authenticated, service_role;
grant execute on function private.my_organisation_ids to authenticated;
