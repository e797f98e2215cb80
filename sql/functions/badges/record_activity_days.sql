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
    v_delta private.activity_days;
    v_only_adds boolean := true;
    v_gains private.measure_gain[];
    v_gain private.measure_gain;
begin
    foreach v_delta in array record_activity_days.deltas loop
        v_only_adds := v_delta.activity_count >= 0 and v_delta.minutes_total >= 0 and v_delta.participants_total >= 0;
        exit when not v_only_adds;
    end loop;

    if v_only_adds then
        v_gains := private.measure_gains(record_activity_days.deltas);
    end if;

    insert into private.activity_days as day
    select delta.*
    from unnest(record_activity_days.deltas) as delta
    inner join private.mentor_measures as mentor on mentor.mentor_id = delta.mentor_id
    -- Rows that are not to be trusted are rebuilt from the activities, which hold the change already.
    where mentor.catalogue_version is not null
    order by delta.mentor_id, delta.occurred_on, delta.activity_type, delta.delivery_mode
    on conflict (mentor_id, occurred_on, activity_type, delivery_mode) do update
    set
        activity_count = day.activity_count + excluded.activity_count,
        minutes_total = day.minutes_total + excluded.minutes_total,
        participants_total = day.participants_total + excluded.participants_total;

    if not v_only_adds then
        delete from private.activity_days as day
        using unnest(record_activity_days.deltas) as delta
        where day.mentor_id = delta.mentor_id and day.occurred_on = delta.occurred_on and day.activity_count = 0;

        perform private.rebuild_measures(array(
            select distinct mentor.mentor_id
            from unnest(record_activity_days.deltas) as delta
            inner join private.mentor_measures as mentor on mentor.mentor_id = delta.mentor_id
            where mentor.catalogue_version is not null
        ));
        return;
    end if;

    if v_gains is null then
        return;
    end if;

    update private.mentor_measures as mentor
    set
        measures = mentor.measures || gain.measures,
        settled_until = case when not gain.crosses_threshold then mentor.settled_until end
    from unnest(v_gains) as gain
    where gain.mentor_id = mentor.mentor_id;

    foreach v_gain in array v_gains loop
        continue when v_gain.doubts is null;
        perform private.settle_doubts(v_gains);
        exit;
    end loop;
end
$$;

comment on function private.record_activity_days is
'Adds deltas (rows of private.activity_days, negative where something was taken away) to the rollup and the
measures. For our functions only; lock first.';
revoke all on function private.record_activity_days from public, anon, authenticated, service_role;
