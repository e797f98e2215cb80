-- The bound of these measures crossed a threshold: the days around what was added say whether the value did.
create or replace function private.resolve_uncertain_measures(
    raised private.raised_measures[]
)
returns private.raised_measures[]
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_requests private.measure_request[] := array(
        select row(mentor.mentor_id, doubtful.measure_id, doubtful.first_day, doubtful.last_day)::private.measure_request
        from unnest(resolve_uncertain_measures.raised) as mentor
        cross join lateral unnest(mentor.uncertain) as doubtful
    );
    v_resolved private.raised_measures[];
begin
    if v_requests = '{}' then
        return resolve_uncertain_measures.raised;
    end if;

    select array_agg(row(resolved.*)::private.raised_measures)
    into v_resolved
    from (
        select
            mentor.mentor_id,
            mentor.measures || coalesce(jsonb_object_agg(measure.id, found.value) filter (where measure.id is not null), '{}'),
            coalesce(
                bool_or(width_bucket(doubtful.known, measure.thresholds) < width_bucket(found.value, measure.thresholds)),
                false
            ),
            null::private.uncertain_measure[]
        from unnest(resolve_uncertain_measures.raised) as mentor
        left join lateral unnest(mentor.uncertain) as doubtful on true
        left join private.exact_measures(v_requests) as exact
            on exact.mentor_id = mentor.mentor_id and exact.measure_id = doubtful.measure_id
        left join private.badge_measures as measure on measure.id = exact.measure_id
        cross join lateral (
            select
                -- Where all days were looked at the value is exact. Elsewhere it may be as great as it was.
                case when doubtful.first_day is null then exact.value else greatest(doubtful.known, exact.value) end as value
        ) as found
        group by mentor.mentor_id, mentor.measures
    ) as resolved;
    return v_resolved;
end
$$;

comment on function private.resolve_uncertain_measures is
'Replaces bounds that crossed a threshold by what the days show, and says whether that crosses it, too. For our functions only;
write the days first.';
revoke all on function private.resolve_uncertain_measures from public, anon, authenticated, service_role;
