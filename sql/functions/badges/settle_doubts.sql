-- The bound of these measures crossed a threshold: the days around what was added say whether the value did.
create or replace function private.settle_doubts(
    gains private.measure_gain[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    with doubtful as (
        select gain.mentor_id, doubt.*
        from unnest(settle_doubts.gains) as gain
        cross join lateral unnest(gain.doubts) as doubt
    ),
    looked_at as (
        select series.mentor_id, series.measure_id, max(series.value) as value
        from (
            select
                array_agg(doubtful.mentor_id) as mentors,
                array_agg(doubtful.measure_id) as measures,
                array_agg(doubtful.first_day) as first_days,
                array_agg(doubtful.last_day) as last_days
            from doubtful
        ) as wanted
        cross join lateral private.measure_series(
            wanted.mentors, wanted.measures, wanted.first_days, wanted.last_days
        ) as series
        group by series.mentor_id, series.measure_id
    ),
    settled as (
        select doubtful.mentor_id, jsonb_object_agg(doubtful.measure_id, greatest(doubtful.known, looked_at.value)) as measures
        from doubtful
        left join looked_at on looked_at.mentor_id = doubtful.mentor_id and looked_at.measure_id = doubtful.measure_id
        group by doubtful.mentor_id
    )
    update private.mentor_measures as mentor
    set measures = mentor.measures || settled.measures
    from settled
    where settled.mentor_id = mentor.mentor_id;
end
$$;

comment on function private.settle_doubts is
'Replaces doubtful bounds of measures by the greater of what was known and what the days around show. For our
functions only; record the days first.';
revoke all on function private.settle_doubts from public, anon, authenticated, service_role;
