-- Each activity of an organisation and period, and what the grant rules say of it. In this order:
--   registered   the activities, by their mentors' index, with what is disputed
--   ruled        the rule of its type and day: an organisation's own before the published one, and no published rule of a category
--                for which the organisation has one of its own that day
--   judged       what each fails by itself
--   met          which registrations are of one meeting: those with the same event_id; or, without one, those of the same mentor, and for
--                groups and courses also those with the same place, length and participants, on one day and of one type.
--                The first that fails nothing counts, an earlier one before a later.
create or replace function private.grant_activities(
    org_id uuid,
    from_date date,
    to_date date
)
returns setof public.grant_activity
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with registered as (
        select
            activity.*,
            exists (
                select
                from public.proxy_disputes as dispute
                where
                    dispute.organisation_id = activity.organisation_id
                    and dispute.activity_id = activity.id
                    and dispute.outcome is null
            ) as is_disputed
        from public.peer_mentors as mentor
        -- OFFSET: by the index for each mentor, and not as a join, which reads all activities for each where statistics call them none.
        cross join lateral (
            select done.*
            from public.activities as done
            where
                done.mentor_id = mentor.id
                and done.occurred_on between grant_activities.from_date and grant_activities.to_date
            offset 0
        ) as activity
        where mentor.organisation_id = grant_activities.org_id
    ),
    -- Few, and read once: what is looked up for each activity must not depend on what the planner knows of a new table.
    rules as materialized (
        select rule.*
        from public.grant_rules as rule
        where
            (rule.organisation_id is null or rule.organisation_id = grant_activities.org_id)
            and rule.valid_from <= grant_activities.to_date
            and coalesce(rule.valid_to, 'infinity') >= grant_activities.from_date
    ),
    ruled as (
        select
            registered.*, rule.rule_id, rule.category, rule.delivery_modes, rule.min_minutes, rule.min_participants,
            rule.must_be_led_by_peer, rule.must_be_in_norway, rule.counted_per
        from registered
        left join lateral (
            select
                candidate.id as rule_id, candidate.category, candidate.delivery_modes, candidate.min_minutes,
                candidate.min_participants, candidate.must_be_led_by_peer, candidate.must_be_in_norway, candidate.counted_per
            from rules as candidate
            where
                registered.activity_type = any (candidate.activity_types)
                and registered.occurred_on between candidate.valid_from and coalesce(candidate.valid_to, 'infinity')
                and (
                    candidate.organisation_id is not null
                    or not exists (
                        select
                        from rules as own
                        where
                            own.organisation_id is not null
                            and own.category = candidate.category
                            and registered.occurred_on between own.valid_from and coalesce(own.valid_to, 'infinity')
                    )
                )
            order by candidate.organisation_id nulls last
            limit 1
        ) as rule on true
    ),
    judged as (
        select
            ruled.*,
            ruled.category <> 'outreach_conversation' as is_of_many,
            array_remove(array[
                case when ruled.duration_minutes < ruled.min_minutes then 'too_short' end,
                case
                    when
                        ruled.participant_count
                        + (coalesce(setting.grant_leader_counts, false) and ruled.category in ('conversation_group', 'activity_group'))::int
                        < ruled.min_participants
                        then 'too_few_participants'
                end,
                case when ruled.delivery_mode <> all (ruled.delivery_modes) then 'not_in_person' end,
                case when ruled.must_be_led_by_peer and ruled.role = 'participant' then 'not_led_by_peer' end,
                case when ruled.must_be_in_norway and ruled.place ~ '^abroad(_|$)' then 'not_in_norway' end,
                case when ruled.rule_id is null then 'no_category' end,
                case when ruled.voided_at is not null then 'voided' end,
                case when ruled.is_disputed then 'disputed' end
            ], null) as failures
        from ruled
        left join public.organisation_settings as setting on setting.organisation_id = grant_activities.org_id
    ),
    -- The activities come mentor by mentor, so this costs hardly a sort. What follows looks only at those that have an event or a
    -- place. A type has one rule a day: all that is of one meeting has it.
    of_mentor as materialized (
        select
            judged.*,
            judged.voided_at is null and judged.rule_id is not null as may_be_met,
            nullif(first_value(judged.id) over same_mentor, judged.id) as same_of_mentor
        from judged
        window
            -- Conversations are many a day: of those only what looks the same in everything is.
            same_mentor as (
                partition by
                    judged.mentor_id, judged.activity_type, judged.occurred_on, judged.place, judged.voided_at is null,
                    case when not judged.is_of_many then judged.duration_minutes end,
                    case when not judged.is_of_many then judged.participant_count end,
                    case when not judged.is_of_many then judged.delivery_mode end
                order by cardinality(judged.failures) > 0, judged.event_id is null, judged.created_at, judged.id
            )
    ),
    of_event as (
        select of_mentor.id, nullif(first_value(of_mentor.id) over same_event, of_mentor.id) as same_of_event
        from of_mentor
        where of_mentor.may_be_met and of_mentor.event_id is not null
        window
            same_event as (
                partition by of_mentor.event_id, of_mentor.activity_type, of_mentor.occurred_on
                order by cardinality(of_mentor.failures) > 0, of_mentor.created_at, of_mentor.id
            )
    ),
    at_place as (
        select of_mentor.id, nullif(first_value(of_mentor.id) over same_place, of_mentor.id) as same_at_place
        from of_mentor
        where of_mentor.may_be_met and of_mentor.is_of_many and of_mentor.place is not null
        window
            same_place as (
                partition by
                    of_mentor.activity_type, of_mentor.occurred_on, of_mentor.place,
                    of_mentor.duration_minutes, of_mentor.participant_count
                order by
                    cardinality(of_mentor.failures) > 0, of_mentor.event_id is null, of_mentor.created_at, of_mentor.id
            )
    ),
    counted as materialized (
        select
            met.*,
            cardinality(met.failures) = 0 and met.duplicate_of is null as is_counted
        from (
            select
                of_mentor.*,
                case
                    when not of_mentor.may_be_met then null
                    when of_mentor.event_id is not null then of_event.same_of_event
                    else coalesce(of_mentor.same_of_mentor, at_place.same_at_place)
                end as duplicate_of
            -- Full joins, which are left ones since there is nothing else on the right: they are made by hashes, however few the
            -- planner expects.
            from of_mentor
            full join of_event on of_event.id = of_mentor.id
            full join at_place on at_place.id = of_mentor.id
        ) as met
    ),
    first_of_event as (
        select distinct on (counted.event_id, counted.category) counted.id
        from counted
        where counted.event_id is not null and counted.is_counted
        order by counted.event_id, counted.category, counted.occurred_on, counted.id
    )
    select
        counted.id,
        counted.mentor_id,
        counted.coordinator_id,
        counted.activity_type,
        counted.occurred_on,
        counted.duration_minutes,
        counted.participant_count,
        counted.delivery_mode,
        counted.event_id,
        counted.place,
        counted.role,
        counted.category,
        counted.rule_id,
        counted.is_counted,
        case
            when not counted.is_counted then 0
            when counted.counted_per = 'activity' and counted.event_id is not null and first_of_event.id is null then 0
            else 1
        end,
        counted.failures || case when counted.duplicate_of is not null then array['duplicate'] else '{}' end,
        counted.duplicate_of,
        null::bigint
    from counted
    full join first_of_event on first_of_event.id = counted.id
$$;

comment on function private.grant_activities is
'The activities of an organisation and period as the grant rules of their days count them, in no order. For our functions only.';
revoke all on function private.grant_activities from public, anon, authenticated, service_role;
