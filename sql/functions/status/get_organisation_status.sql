-- Definer: reads tables and the catalog as our owner; the caller is checked first.
create or replace function public.get_organisation_status(
    org_id uuid
)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.require_organisation(get_organisation_status.org_id);
    return private.status(clock_timestamp(), get_organisation_status.org_id)
        || jsonb_build_object('organisation_id', get_organisation_status.org_id);
end
$$;

comment on function public.get_organisation_status is
'Shows what of an organisation needs a person now, and its numbers.
Returns {organisation_id, checked_at, problems: [{code, severity, organisation_id, message, action, affected, oldest_at}],
numbers: {name: value}}, the most severe problems first; severity is critical, warning or info.
It holds nothing of other organisations. Callable by coordinators of the organisation and service_role. Error: PT404.';
revoke all on function public.get_organisation_status from public, anon, authenticated, service_role;
grant execute on function public.get_organisation_status to authenticated, service_role;
