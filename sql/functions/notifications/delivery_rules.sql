create or replace function private.delivery_rules(
    as_of timestamptz
)
returns table (
    organisation_id uuid,
    organisation_name text,
    locale text,
    local_date date,
    quiet_until timestamptz,
    time_zone text,
    digest_at time
)
language sql
stable
rows 50
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        organisation.id,
        organisation.name,
        coalesce(settings.locale, 'nb'),
        (delivery_rules.as_of at time zone organisation.time_zone)::date,
        private.quiet_until(
            organisation.time_zone,
            coalesce(settings.quiet_from, '21:00'),
            coalesce(settings.quiet_until, '08:00'),
            delivery_rules.as_of
        ),
        organisation.time_zone,
        coalesce(settings.digest_at, '08:00')
    from public.organisations as organisation
    left join public.organisation_settings as settings on settings.organisation_id = organisation.id
$$;

comment on function private.delivery_rules is
'What holds for the messages of each organisation at this instant: language, quiet hours, digest. For our functions only.';
revoke all on function private.delivery_rules from public, anon, authenticated, service_role;
