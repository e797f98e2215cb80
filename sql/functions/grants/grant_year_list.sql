create or replace function private.grant_year_list(
    org_id uuid,
    year int
)
returns setof public.grant_activity
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select
        from public.grant_years as closed
        where closed.organisation_id = grant_year_list.org_id and closed.year = grant_year_list.year
    ) then
        return query
        select kept.*
        from private.grant_year_activities as listed
        cross join lateral jsonb_populate_record(null::public.grant_activity, listed.line::jsonb) as kept
        where listed.organisation_id = grant_year_list.org_id and listed.year = grant_year_list.year;
    else
        return query
        select one.*
        from private.grant_activities(
            grant_year_list.org_id, make_date(grant_year_list.year, 1, 1), make_date(grant_year_list.year, 12, 31)
        ) as one;
    end if;
end
$$;

comment on function private.grant_year_list is
'The activities of a year as they are counted: of a closed year the list that was kept. For our functions and the runner.';
revoke all on function private.grant_year_list from public, anon, authenticated, service_role;
