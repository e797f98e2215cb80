-- How much can be added to each mentor, by kind of activity, before any measure that such an activity counts for reaches
-- its next threshold: until then the cached outcomes hold, and a single activity is counted without a look at anything else.
--
--   any      activities in any order; a streak may be joined by each (see private.raise_measures)
--   latest   activities of which none is earlier than another activity of the mentor
--   minutes, participants
--
-- Only kinds that this mentor has had lately are worked out. Dates in filters are not looked at: what does not count
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
    c_unlimited constant bigint := 1000000000000000;
begin
    with of_mentor as materialized (
        select change.mentor_id, array_agg(distinct change.activity_type || '/' || change.delivery_mode) as kinds
        from unnest(set_headroom.changes) as change
        group by change.mentor_id
    ),
    wanted as (
        select
            mentor.mentor_id,
            mentor.organisation_id,
            mentor.measures,
            (
                select array_agg(kind order by kind)
                from (
                    select distinct on (listed.kind) listed.kind, listed.rank
                    from (
                        select fresh.kind, 1 as rank from unnest(of_mentor.kinds) as fresh (kind)
                        union all
                        select known.kind, 2 from unnest(mentor.headroom_kinds) as known (kind)
                    ) as listed
                    order by listed.kind, listed.rank
                ) as kinds
                where kinds.rank = 1 or cardinality(mentor.headroom_kinds) <= c_kinds
            ) as kinds
        from private.mentor_measures as mentor
        left join of_mentor on of_mentor.mentor_id = mentor.mentor_id
        where
            mentor.mentor_id = any (set_headroom.mentor_ids)
            and mentor.settled_until > now()
            -- What was taken off the headroom leaves it as it is.
            and mentor.added_activities = 0
    ),
    room as (
        select
            wanted.mentor_id,
            kind.name,
            min(open.room) filter (where not open.is_sum and not open.is_streak) as others,
            min(open.next / (open.value + 1) - 1) filter (where open.is_streak) as joins,
            min(open.room) filter (where open.is_streak) as extensions,
            min(open.room) filter (where open.metric = 'minutes_total') as minutes,
            min(open.room) filter (where open.metric = 'participants_total') as participants
        from wanted
        cross join lateral unnest(wanted.kinds) as kind (name)
        left join lateral (
            select
                measure.metric,
                measure.metric in ('minutes_total', 'participants_total') as is_sum,
                measure.metric in ('consecutive_weeks', 'consecutive_months') as is_streak,
                known.value,
                threshold.next,
                threshold.next - 1 - known.value as room
            from private.badge_measures as measure
            cross join lateral (
                select coalesce((wanted.measures ->> measure.id::text)::bigint, 0) as value
            ) as known
            cross join lateral (
                select measure.thresholds[width_bucket(known.value, measure.thresholds) + 1] as next
            ) as threshold
            where
                measure.organisation_id = wanted.organisation_id
                and threshold.next is not null
                and (measure.activity_types is null or split_part(kind.name, '/', 1) = any (measure.activity_types))
                and (measure.delivery_modes is null or split_part(kind.name, '/', 2) = any (measure.delivery_modes))
        ) as open on true
        group by wanted.mentor_id, kind.name
    ),
    worked_out as (
        select
            room.mentor_id,
            array_agg(room.name) as kinds,
            jsonb_object_agg(
                room.name,
                jsonb_build_array(
                    coalesce(least(room.others, room.joins), c_unlimited),
                    coalesce(least(room.others, room.extensions), c_unlimited),
                    coalesce(room.minutes, c_unlimited),
                    coalesce(room.participants, c_unlimited)
                )
            ) as headroom
        from room
        group by room.mentor_id
    )
    update private.mentor_measures as mentor
    set headroom = worked_out.headroom, headroom_kinds = worked_out.kinds
    from worked_out
    where worked_out.mentor_id = mentor.mentor_id;
end
$$;

comment on function private.set_headroom is
'Works out how much can be added to these mentors before an outcome can change. For our functions only; lock and cache the
outcomes first.';
revoke all on function private.set_headroom from public, anon, authenticated, service_role;
