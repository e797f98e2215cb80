-- A statement that only adds changes the measures by what it adds; one that also takes away has them
-- recomputed, since what it took away may have held up a streak or a window.
create or replace function private.record_activity_days(
    deltas private.activity_days[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_deltas private.activity_days[];
    v_reduced uuid[];
    v_gains private.measure_change[];
begin
    -- Rows that are not to be trusted are rebuilt from the activities, which hold the change already.
    select
        array_agg(delta),
        array_agg(delta.mentor_id) filter (
            where delta.activity_count < 0 or delta.minutes_total < 0 or delta.participants_total < 0
        )
    into v_deltas, v_reduced
    from unnest(record_activity_days.deltas) as delta
    inner join private.mentor_measures as mentor on mentor.mentor_id = delta.mentor_id
    where mentor.catalogue_version is not null;

    if v_deltas is null then
        return;
    end if;

    if v_reduced is null then
        select array_agg(change) into v_gains from private.measure_gains(v_deltas) as change;
    end if;

    insert into private.activity_days as day
    select delta.*
    from unnest(v_deltas) as delta
    order by delta.mentor_id, delta.occurred_on, delta.activity_type, delta.delivery_mode
    on conflict (mentor_id, occurred_on, activity_type, delivery_mode) do update
    set
        activity_count = day.activity_count + excluded.activity_count,
        minutes_total = day.minutes_total + excluded.minutes_total,
        participants_total = day.participants_total + excluded.participants_total;

    if v_reduced is not null then
        delete from private.activity_days as day
        where day.mentor_id = any (v_reduced) and day.activity_count = 0;

        perform private.rebuild_measures((select array_agg(distinct delta.mentor_id) from unnest(v_deltas) as delta));
        return;
    end if;

    if v_gains is null then
        return;
    end if;

    with gains as (
        select change.* from unnest(v_gains) as change
    ),
    looked_at as (
        select series.mentor_id, series.measure_id, max(series.value) as value
        from (
            select
                array_agg(gains.mentor_id) as mentors,
                array_agg(gains.measure_id) as measures,
                array_agg(gains.first_day) as first_days,
                array_agg(gains.last_day) as last_days
            from gains
            where gains.needs_series
        ) as wanted
        cross join lateral private.measure_series(
            wanted.mentors, wanted.measures, wanted.first_days, wanted.last_days
        ) as series
        group by series.mentor_id, series.measure_id
    ),
    changed as (
        select
            mentor.mentor_id,
            jsonb_object_agg(
                gains.measure_id,
                case
                    when gains.needs_series then greatest(known.value, looked_at.value)
                    else known.value + gains.gain
                end
            ) as measures
        from gains
        inner join private.mentor_measures as mentor on mentor.mentor_id = gains.mentor_id
        left join looked_at on looked_at.mentor_id = gains.mentor_id and looked_at.measure_id = gains.measure_id
        cross join lateral (
            select coalesce((mentor.measures ->> gains.measure_id::text)::bigint, 0) as value
        ) as known
        group by mentor.mentor_id
    )
    update private.mentor_measures as mentor
    set measures = mentor.measures || changed.measures
    from changed
    where changed.mentor_id = mentor.mentor_id;
end
$$;

comment on function private.record_activity_days is
'Adds deltas (rows of private.activity_days, negative where something was taken away) to the rollup and the
measures. For our functions only; lock first.';
revoke all on function private.record_activity_days from public, anon, authenticated, service_role;
