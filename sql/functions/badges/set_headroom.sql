-- How much can be added to each mentor, by kind of activity, before any measure that such an activity counts for reaches
-- its next threshold: until then the cached outcomes hold, and a single activity is counted without a look at anything else.
--
--   activities, minutes, participants   of measures that count these, or days, or types
--   streaks                             activities, of measures of weeks or months in a row
--
-- each for activities in any order, of which any may join streaks (see private.raise_measures), and for such as are none of them
-- earlier than the mentor's latest day was (private.latest_measures); of streaks also until which day these may be any number, since
-- a streak grows by one in a week or month. What is not limited is left out.
--
-- Only kinds that this mentor has had lately are worked out. Dates in filters are hardly looked at: what does not count
-- costs headroom all the same, which is only ever too careful.
create or replace function private.set_headroom(
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
    c_kinds constant int := 12;
    -- What was taken off the headroom leaves it as it is.
    v_mentor_ids uuid[] := array(
        select mentor.mentor_id
        from private.mentor_measures as mentor
        where
            mentor.mentor_id = any (set_headroom.mentor_ids)
            and mentor.settled_until > now()
            and (mentor.added_activities, mentor.added_minutes, mentor.added_participants) = (0, 0, 0)
    );
    v_latest jsonb;
begin
    if v_mentor_ids = '{}' then
        return;
    end if;
    v_latest := private.latest_measures(v_mentor_ids);

    with wanted as (
        select listed.mentor_id, array_agg(distinct listed.kind) as kinds
        from (
            select change.mentor_id, change.activity_type || '/' || change.delivery_mode as kind
            from unnest(set_headroom.changes) as change
            union all
            select mentor.mentor_id, known.kind
            from private.mentor_measures as mentor
            cross join lateral unnest(mentor.headroom_kinds) as known (kind)
            where mentor.mentor_id = any (v_mentor_ids) and cardinality(mentor.headroom_kinds) <= c_kinds
        ) as listed
        group by listed.mentor_id
    ),
    open as (
        select
            mentor.mentor_id,
            mentor.latest_on,
            wanted.kinds,
            measure.*,
            threshold.next,
            known.value,
            coming.value as latest_value,
            case
                when measure.metric = 'minutes_total' then 'minutes'
                when measure.metric = 'participants_total' then 'participants'
                when measure.metric in ('consecutive_weeks', 'consecutive_months') then 'streaks'
                else 'activities'
            end as limited
        from wanted
        inner join private.mentor_measures as mentor on mentor.mentor_id = wanted.mentor_id
        inner join private.badge_measures as measure on measure.organisation_id = mentor.organisation_id
        cross join lateral (
            select coalesce((mentor.measures ->> measure.id::text)::bigint, 0) as value
        ) as known
        cross join lateral (
            select measure.thresholds[width_bucket(known.value, measure.thresholds) + 1] as next
        ) as threshold
        cross join lateral (
            select
                case
                    when coalesce(measure.to_on >= mentor.latest_on, true)
                        then coalesce((v_latest -> mentor.mentor_id::text ->> measure.id::text)::bigint, known.value)
                end as value
        ) as coming
        where mentor.mentor_id = any (v_mentor_ids) and threshold.next is not null
    ),
    room as (
        select
            open.mentor_id,
            kind.name as kind,
            open.limited,
            min(case open.limited when 'streaks' then open.next / (open.value + 1) else open.next - open.value end) - 1 as any_order,
            min(open.next - open.latest_value) - 1 as latest,
            min(
                case open.metric
                    when 'consecutive_weeks' then date_trunc('week', open.latest_on::timestamp) + period.number * interval '1 week'
                    when 'consecutive_months'
                        then date_trunc('month', open.latest_on::timestamp) + period.number * interval '1 month'
                end
            )::date - 1 as until
        from open
        cross join lateral unnest(open.kinds) as kind (name)
        cross join lateral (
            select
                least(5000, open.next - open.latest_value)
                - case
                    -- The latest week or month may be new to a streak that does not count everything.
                    when open.activity_types is null and open.delivery_modes is null
                    and coalesce(open.from_on <= open.latest_on, true) then 0
                    else 1
                end as number
        ) as period
        where
            (open.activity_types is null or split_part(kind.name, '/', 1) = any (open.activity_types))
            and (open.delivery_modes is null or split_part(kind.name, '/', 2) = any (open.delivery_modes))
            -- A type that is counted already adds nothing.
            and not (
                open.metric = 'distinct_activity_types'
                and open.within_days is null
                and exists (
                    select
                    from private.activity_days as day
                    where
                        day.mentor_id = open.mentor_id
                        and day.occurred_on
                        between greatest(open.latest_on - 366, open.from_on) and coalesce(open.to_on, 'infinity')
                        and day.activity_type = split_part(kind.name, '/', 1)
                        and (open.delivery_modes is null or day.delivery_mode = any (open.delivery_modes))
                        and day.activity_count > 0
                )
            )
        group by open.mentor_id, kind.name, open.limited
        union all
        select wanted.mentor_id, kind.name, null, null, null, null
        from wanted
        cross join lateral unnest(wanted.kinds) as kind (name)
    ),
    worked_out as (
        select of_kind.mentor_id, array_agg(of_kind.kind) as kinds, jsonb_object_agg(of_kind.kind, of_kind.room) as headroom
        from (
            select
                room.mentor_id,
                room.kind,
                coalesce(
                    jsonb_object_agg(room.limited, jsonb_build_array(room.any_order, room.latest, room.until))
                    filter (where room.limited is not null),
                    '{}'
                ) as room
            from room
            group by room.mentor_id, room.kind
        ) as of_kind
        group by of_kind.mentor_id
    )
    update private.mentor_measures as mentor
    set headroom = worked_out.headroom, headroom_kinds = worked_out.kinds
    from worked_out
    where worked_out.mentor_id = mentor.mentor_id and mentor.mentor_id = any (v_mentor_ids);
end
$$;

comment on function private.set_headroom is
'Works out how much can be added to these mentors before an outcome can change. For our functions only; lock and cache the
outcomes first.';
revoke all on function private.set_headroom from public, anon, authenticated, service_role;
