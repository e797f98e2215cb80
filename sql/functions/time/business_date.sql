create or replace function private.business_date(
    organisation_id uuid,
    at timestamptz
)
returns date
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    -- What is for all together goes by the clocks of Norway.
    select
        (
            business_date.at at time zone coalesce(
                (
                    select organisation.time_zone
                    from public.organisations as organisation
                    where organisation.id = business_date.organisation_id
                ),
                'Europe/Oslo'
            )
        )::date
$$;

comment on function private.business_date is
'The date on the calendars of this organisation (null: of Norway) at this instant. For our functions only.';
revoke all on function private.business_date from public, anon, authenticated, service_role;
