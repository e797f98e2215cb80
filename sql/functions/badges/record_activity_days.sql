-- Writes the days of a statement to the rollup and brings the measures up to what was added, by this statement and since
-- they were last computed. What was also taken away may have held up a streak or a window: then they are recomputed.
-- The days come as they are to be, not as differences: doing it twice, as when two triggers of one statement speak of the
-- same day or the rollup was just rebuilt, does no harm. Neither does raising a bound twice.
create or replace function private.record_activity_days(
    mentor_ids uuid[],
    changes private.day_change[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_change private.day_change;
    v_takes_away boolean := false;
    v_raised private.raised_measures[];
    -- Rows that are not to be trusted are rebuilt from the activities, which hold the changes already.
    v_trusted uuid[] := array(
        select mentor.mentor_id
        from private.mentor_measures as mentor
        where mentor.mentor_id = any (record_activity_days.mentor_ids) and mentor.catalogue_version is not null
    );
    v_others uuid[];
begin
    if v_trusted = '{}' then
        return;
    end if;

    foreach v_change in array coalesce(record_activity_days.changes, '{}') loop
        v_takes_away := v_change.added_count < 0 or v_change.added_minutes < 0 or v_change.added_participants < 0;
        exit when v_takes_away;
    end loop;

    if not v_takes_away then
        v_others := private.take_off_headroom(v_trusted, record_activity_days.changes);
        if v_others <> '{}' then
            v_raised := private.raise_measures(v_others, record_activity_days.changes);
        end if;
    end if;

    if record_activity_days.changes is not null then
        insert into private.activity_days as day (
            mentor_id, occurred_on, activity_type, delivery_mode, activity_count, minutes_total, participants_total
        )
        select
            change.mentor_id,
            change.occurred_on,
            change.activity_type,
            change.delivery_mode,
            change.activity_count,
            change.minutes_total,
            change.participants_total
        from unnest(record_activity_days.changes) as change
        where change.mentor_id in (select trusted.mentor_id from unnest(v_trusted) as trusted (mentor_id))
        order by change.mentor_id, change.occurred_on, change.activity_type, change.delivery_mode
        on conflict (mentor_id, occurred_on, activity_type, delivery_mode) do update
        set
            activity_count = excluded.activity_count,
            minutes_total = excluded.minutes_total,
            participants_total = excluded.participants_total;
    end if;

    if v_takes_away then
        delete from private.activity_days as day
        using unnest(record_activity_days.changes) as change
        where day.mentor_id = change.mentor_id and day.occurred_on = change.occurred_on and day.activity_count = 0;

        perform private.rebuild_measures(v_trusted);
        return;
    end if;
    if v_others = '{}' then
        return;
    end if;

    v_raised := private.resolve_uncertain_measures(v_raised);
    -- Also of those whose measures stay: what was added before is counted in now, or changed nothing.
    update private.mentor_measures as mentor
    set
        measures = mentor.measures || coalesce(raised.measures, '{}'),
        settled_until = case when not coalesce(raised.crosses_threshold, false) then mentor.settled_until end,
        headroom = null,
        added_activities = 0,
        added_minutes = 0,
        added_participants = 0,
        added_late = false,
        added_from = null,
        added_to = null,
        latest_on = greatest(mentor.latest_on, mentor.added_to, change.latest_on)
    from unnest(v_others) as target (mentor_id)
    left join unnest(v_raised) as raised on raised.mentor_id = target.mentor_id
    left join (
        select changed.mentor_id, max(changed.occurred_on) as latest_on
        from unnest(record_activity_days.changes) as changed
        group by changed.mentor_id
    ) as change on change.mentor_id = target.mentor_id
    where mentor.mentor_id = target.mentor_id;
end
$$;

comment on function private.record_activity_days is
'Brings the rollup and the measures of these (distinct) mentors up to date; no changes: the measures alone. For our
functions only; lock first.';
revoke all on function private.record_activity_days from public, anon, authenticated, service_role;
