-- Definer: looks for organisations that the caller may not see.
create or replace function private.require_organisation(
    organisation_id uuid
)
returns void
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (
        select
        from public.organisations as organisation
        where
            organisation.id = require_organisation.organisation_id
            and (private.is_service_call() or organisation.id in (select private.my_organisation_ids()))
    ) then
        raise exception using
            errcode = 'PT404',
            message = format('There is no organisation %s that you coordinate.', require_organisation.organisation_id),
            hint = 'Check the id, and that you are signed in as one of its coordinators.';
    end if;
end
$$;

comment on function private.require_organisation is
'Passes when the caller is a coordinator of the organisation. Error: PT404. For our functions only.';
revoke all on function private.require_organisation from public, anon, authenticated, service_role;
