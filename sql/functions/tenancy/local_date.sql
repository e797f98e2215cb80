create or replace function private.local_date(
    at timestamptz,
    organisation_id uuid
)
returns date
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select (local_date.at at time zone organisation.time_zone)::date
    from public.organisations as organisation
    where organisation.id = local_date.organisation_id
$$;

comment on function private.local_date is
'The date of a moment where the organisation is. For our functions only.';
revoke all on function private.local_date from public, anon, authenticated, service_role;
