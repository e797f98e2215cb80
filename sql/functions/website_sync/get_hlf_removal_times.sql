-- Definer: may ask for the range, which says whether the caller sees the organisation at all.
create or replace function public.get_hlf_removal_times(
    org_id uuid,
    from_date date,
    to_date date
)
returns setof public.hlf_removal_times
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_range constant tstzrange := private.visible_day_range(
        get_hlf_removal_times.org_id, get_hlf_removal_times.from_date, get_hlf_removal_times.to_date
    );
begin
    if v_range is null then
        return;
    end if;
    return query
    select
        count(removal.confirmed_at),
        percentile_cont(0.5) within group (order by removal.confirmed_at - removal.wanted_at),
        percentile_cont(0.95) within group (order by removal.confirmed_at - removal.wanted_at),
        max(removal.confirmed_at - removal.wanted_at),
        count(removal.cancelled_at),
        count(*) filter (where removal.confirmed_at is null and removal.cancelled_at is null),
        max(clock_timestamp() - removal.wanted_at) filter (
            where removal.confirmed_at is null and removal.cancelled_at is null
        )
    from public.hlf_removals as removal
    where
        removal.organisation_id = get_hlf_removal_times.org_id
        and removal.wanted_at >= lower(v_range)
        and removal.wanted_at < upper(v_range);
end
$$;

comment on function public.get_hlf_removal_times is
'Reports how long mentors stayed visible on the website after they should not.
For the changes of status from one day through another in the organisation''s time zone, the time to the confirmed
removal, and what is still open. One row; none for who may not see the organisation''s log. Callable by coordinators
and service_role. Error: 22023 when from_date is after to_date.';
revoke all on function public.get_hlf_removal_times from public, anon, authenticated, service_role;
grant execute on function public.get_hlf_removal_times to authenticated, service_role;
