create or replace function private.governing_certification(
    mentor_id uuid
)
returns table (
    certification_id uuid,
    issued_on date,
    expires_on date,
    is_ahead boolean,
    is_valid boolean
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        certificate.id,
        certificate.issued_on,
        certificate.expires_on,
        certificate.issued_on > today.local_date,
        -- Any will do: one registered ahead of its time does not take away what the current one gives.
        exists (
            select
            from public.certifications as current_one
            where
                current_one.mentor_id = certificate.mentor_id
                and today.local_date between current_one.issued_on and current_one.expires_on
        )
    from public.certifications as certificate
    inner join public.organisations as organisation on organisation.id = certificate.organisation_id
    cross join lateral (
        select (statement_timestamp() at time zone organisation.time_zone)::date as local_date
    ) as today
    where certificate.mentor_id = governing_certification.mentor_id
    order by certificate.expires_on desc, certificate.issued_on desc, certificate.id desc
    limit 1
$$;

comment on function private.governing_certification is
'The certificate of a mentor that expires last, whether it is yet to be issued, and whether any is valid today, from its '
'day of issue through its last, in the organisation''s time zone; no row when there is none. For our functions only.';
revoke all on function private.governing_certification from public, anon, authenticated, service_role;
