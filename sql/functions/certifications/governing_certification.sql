create or replace function private.governing_certification(
    mentor_id uuid
)
returns table (
    certification_id uuid,
    expires_on date,
    is_valid boolean
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        certificate.id,
        certificate.expires_on,
        certificate.expires_on >= (statement_timestamp() at time zone organisation.time_zone)::date
    from public.certifications as certificate
    inner join public.organisations as organisation on organisation.id = certificate.organisation_id
    where certificate.mentor_id = governing_certification.mentor_id and certificate.voided_at is null
    order by certificate.expires_on desc, certificate.issued_on desc, certificate.id desc
    limit 1
$$;

comment on function private.governing_certification is
'The certificate of a mentor, not voided, that expires last, and whether it is valid today in the organisation''s time zone; no '
'row when there is none. For our functions only.';
revoke all on function private.governing_certification from public, anon, authenticated, service_role;
