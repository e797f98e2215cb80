-- Definer: reads activities and disputes of mentors that the caller need not have in scope; the caller is checked first.
create or replace function public.get_grant_summary(
    org_id uuid,
    from_date date,
    to_date date
)
returns setof public.grant_summary
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.require_grant_period(get_grant_summary.org_id, get_grant_summary.from_date, get_grant_summary.to_date);
    return query
    select summary.*
    from private.summarise_grants(
        array(
            select one
            from private.grant_activities(
                get_grant_summary.org_id, get_grant_summary.from_date, get_grant_summary.to_date
            ) as one
        )
    ) as summary;
end
$$;

comment on function public.get_grant_summary is
'Sums up what of a period counts for the state''s grant: a row for each category, zeros included.
activities are all that were registered; counted, points, participants and minutes are of those that count, and the other columns are how many
fail each rule: one activity may fail several. What no rule names is a last row without a category, where there is any.
Both days are included. Callable by coordinators of the organisation and service_role. Errors: PT404, 22023.';
revoke all on function public.get_grant_summary from public, anon, authenticated, service_role;
grant execute on function public.get_grant_summary to authenticated, service_role;
