-- Definer: compares tables that no caller sees whole.
create or replace function public.find_cross_org_awards()
returns setof public.cross_org_award
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
-- Everything is compared with everything. Statistics that call a table empty would have one read for each row of the other.
set enable_nestloop = off
as $$
    select
        earned.id, mentor.id, mentor.organisation_id, definition.id, definition.organisation_id,
        count(*) over ()
    from public.earned_badges as earned
    inner join public.peer_mentors as mentor on mentor.id = earned.mentor_id
    inner join public.badge_definitions as definition on definition.id = earned.badge_definition_id
    where mentor.organisation_id <> definition.organisation_id or earned.organisation_id <> mentor.organisation_id
$$;

comment on function public.find_cross_org_awards is
'Awards of one organisation''s badge to another''s mentor: always empty, since the keys forbid it.
Callable by service_role.';
revoke all on function public.find_cross_org_awards from public, anon, authenticated, service_role;
grant execute on function public.find_cross_org_awards to service_role;
