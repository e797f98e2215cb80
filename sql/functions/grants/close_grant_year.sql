-- Definer: writes what no caller may; the caller is checked first.
create or replace function public.close_grant_year(
    org_id uuid,
    year int
)
returns public.grant_years
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_year public.grant_years;
    v_activities public.grant_activity[];
begin
    perform private.require_whole_organisation(close_grant_year.org_id);
    perform private.require_between('year', close_grant_year.year, 1970, 2199);
    if make_date(close_grant_year.year, 1, 1) > private.business_date(close_grant_year.org_id, now()) then
        raise exception using
            errcode = '22023',
            message = format('%s has not begun.', close_grant_year.year),
            detail = 'year',
            hint = 'Close a year when its activities are registered.';
    end if;
    -- Of two who close it at once, the second gets what the first did.
    perform pg_advisory_xact_lock(
        hashtextextended(format('peerledger grant_years %s %s', close_grant_year.org_id, close_grant_year.year), 0)
    );
    select closed.*
    into v_year
    from public.grant_years as closed
    where closed.organisation_id = close_grant_year.org_id and closed.year = close_grant_year.year;
    if found then
        return v_year;
    end if;

    v_activities := array(
        select one
        from private.grant_activities(
            close_grant_year.org_id, make_date(close_grant_year.year, 1, 1), make_date(close_grant_year.year, 12, 31)
        ) as one
    );
    -- The list hangs on the year, and the hash on the list: the year is written last and names what was hashed.
    insert into public.grant_years as closed (organisation_id, year, closed_by, activities, counted, points, sha256)
    select
        close_grant_year.org_id,
        close_grant_year.year,
        private.caller_id(),
        count(*),
        count(*) filter (where listed.is_counted),
        coalesce(sum(listed.points), 0),
        encode(
            sha256(
                convert_to(coalesce(string_agg(private.grant_line(listed) || e'\n', '' order by listed.activity_id), ''), 'UTF8')
            ), 'hex'
        )
    from unnest(v_activities) as listed
    returning closed.* into v_year;

    insert into private.grant_year_activities (organisation_id, year, activity_id, line)
    select close_grant_year.org_id, close_grant_year.year, listed.activity_id, private.grant_line(listed)
    from unnest(v_activities) as listed;
    return v_year;
end
$$;

comment on function public.close_grant_year is
'Closes a year for the state''s grant: the list as it is counted now is kept, and its count, points and sha256 are put on record.
The entry of administrative_changes has subject_kind grant_year. Closed again, it is returned as it was closed; what changed since,
get_grant_differences tells. Callable by coordinators of the whole organisation and service_role. Errors: PT404, 42501, 22023 for a year that has not
begun.';
revoke all on function public.close_grant_year from public, anon, authenticated, service_role;
grant execute on function public.close_grant_year to authenticated, service_role;
