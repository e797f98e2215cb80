-- Definer: may ask for the range, which says whether the caller sees the organisation at all.
create or replace function public.get_hlf_exposure(
    org_id uuid,
    from_date date,
    to_date date
)
returns setof public.hlf_exposure
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_range constant tstzrange := private.visible_day_range(
        get_hlf_exposure.org_id, get_hlf_exposure.from_date, get_hlf_exposure.to_date
    );
begin
    if v_range is null then
        return;
    end if;
    return query
    select
        count(*),
        count(removal.confirmed_at),
        percentile_cont(0.5) within group (order by removal.confirmed_at - removal.wanted_at),
        percentile_cont(0.95) within group (order by removal.confirmed_at - removal.wanted_at),
        max(removal.confirmed_at - removal.wanted_at),
        count(removal.seen_gone_at),
        max(removal.seen_listed_at - removal.wanted_at),
        percentile_cont(0.5) within group (order by removal.seen_gone_at - removal.wanted_at),
        percentile_cont(0.95) within group (order by removal.seen_gone_at - removal.wanted_at),
        max(removal.seen_gone_at - removal.wanted_at),
        max(removal.seen_gone_at - coalesce(removal.seen_listed_at, removal.wanted_at)),
        count(*) filter (where removal.seen_listed_at is not null and removal.seen_gone_at is null),
        count(*) filter (where num_nonnulls(removal.seen_listed_at, removal.seen_gone_at) = 0)
    from public.hlf_removals as removal
    where
        removal.organisation_id = get_hlf_exposure.org_id
        and removal.cancelled_at is null
        and removal.wanted_at >= lower(v_range)
        and removal.wanted_at < upper(v_range);
end
$$;

comment on function public.get_hlf_exposure is
'Reports how long mentors who should not be on the website were there, by our clock and by the portal''s.
Ours is the website''s confirmation of the removal; the portal''s is what reconciliations saw: at least until they were last seen listed, at most until they were
first seen gone. For the changes of status from one day through another in the organisation''s time zone. One row; none for who may not see the
organisation''s log. Callable by coordinators and service_role. Error: 22023 when from_date is after to_date.';
revoke all on function public.get_hlf_exposure from public, anon, authenticated, service_role;
grant execute on function public.get_hlf_exposure to authenticated, service_role;
