-- Definer: reads a list that no caller may; the caller is checked first.
create or replace function public.get_grant_differences(
    org_id uuid,
    year int,
    page_limit int default 1000,
    page_offset int default 0
)
returns setof public.grant_difference
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.require_organisation(get_grant_differences.org_id);
    perform private.require_between('year', get_grant_differences.year, 1970, 2199);
    perform private.require_page(get_grant_differences.page_limit, get_grant_differences.page_offset);
    if not exists (
        select
        from public.grant_years as closed
        where closed.organisation_id = get_grant_differences.org_id and closed.year = get_grant_differences.year
    ) then
        raise exception using
            errcode = 'PT404',
            message = format('The year %s is not closed.', get_grant_differences.year),
            hint = 'close_grant_year(org_id, year) closes it; until then there is nothing to compare with.';
    end if;

    return query
    with was as (
        select listed.activity_id, listed.line::jsonb as line
        from private.grant_year_activities as listed
        where listed.organisation_id = get_grant_differences.org_id and listed.year = get_grant_differences.year
    ),
    now_is as (
        select one.activity_id, private.grant_line(one)::jsonb as line
        from private.grant_activities(
            get_grant_differences.org_id, make_date(get_grant_differences.year, 1, 1), make_date(get_grant_differences.year, 12, 31)
        ) as one
    ),
    compared as (
        select
            coalesce(was.activity_id, now_is.activity_id) as activity_id,
            was.line as line_then,
            now_is.line as line_now
        from was
        full outer join now_is on now_is.activity_id = was.activity_id
        where was.line is distinct from now_is.line
    )
    select
        compared.activity_id,
        (coalesce(compared.line_now, compared.line_then) ->> 'mentor_id')::uuid,
        case when compared.line_then is null then 'added' when compared.line_now is null then 'removed' else 'changed' end,
        compared.line_then ->> 'category',
        compared.line_now ->> 'category',
        coalesce((compared.line_then ->> 'is_counted')::boolean, false),
        coalesce((compared.line_now ->> 'is_counted')::boolean, false),
        coalesce((compared.line_then ->> 'points')::int, 0),
        coalesce((compared.line_now ->> 'points')::int, 0),
        array(select jsonb_array_elements_text(compared.line_then -> 'reasons')),
        array(select jsonb_array_elements_text(compared.line_now -> 'reasons')),
        array(
            select field.key
            from jsonb_each(compared.line_now) as field
            where compared.line_then is not null and field.value is distinct from compared.line_then -> field.key
            order by field.key
        ),
        count(*) over ()
    from compared
    order by compared.activity_id
    limit get_grant_differences.page_limit
    offset get_grant_differences.page_offset;
end
$$;

comment on function public.get_grant_differences is
'Lists what would be counted differently since a year was closed, or says other things: activities added, removed or changed.
removed: deleted, or moved to another year. Each has what it was counted as then and now, and which of its fields changed; total_count is the
number on all pages. Callable by coordinators of the organisation and service_role. Errors: PT404 also for a year that is not closed, 22023.';
revoke all on function public.get_grant_differences from public, anon, authenticated, service_role;
grant execute on function public.get_grant_differences to authenticated, service_role;
