-- In the order of bytes, so that it is the same under every collation; each line ends with a newline, as `sha256sum` has it of a file.
create or replace function private.grant_list_sha256(
    org_id uuid,
    year int
)
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        encode(
            sha256(convert_to(coalesce(string_agg(listed.line || e'\n', '' order by listed.activity_id), ''), 'UTF8')), 'hex'
        )
    from private.grant_year_activities as listed
    where listed.organisation_id = grant_list_sha256.org_id and listed.year = grant_list_sha256.year
$$;

comment on function private.grant_list_sha256 is
'The sha256 of the list of a closed year, as it stands. For our functions and the runner.';
revoke all on function private.grant_list_sha256 from public, anon, authenticated, service_role;
