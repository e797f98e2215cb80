-- Definer: shows a mentor their own measures, which lie in a private table; the caller is checked first. It reads activities as they were
-- known, by today's criteria: of earlier ones only the hash is kept.
create or replace function public.explain_badge(
    mentor_id uuid,
    badge_definition_id uuid,
    as_of date default null
)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
set jit = off
as $$
declare
    c_listed constant int := 20;
    v_mentor public.peer_mentors := private.require_own_or_coordinated(explain_badge.mentor_id);
    v_definition public.badge_definitions;
    v_rule private.badge_rules;
    v_earned public.earned_badges;
    v_day date;
    v_time_zone text;
    v_known private.known_activity[];
    v_given private.activity_days[];
    v_measures private.badge_measures[];
    v_proof record;
    v_is_held boolean;
    v_step jsonb;
    v_leaves jsonb;
begin
    perform private.require_plausible_date(explain_badge.as_of);
    select definition.*
    into v_definition
    from public.badge_definitions as definition
    where definition.id = explain_badge.badge_definition_id and definition.organisation_id = v_mentor.organisation_id;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no badge %s in the mentor''s organisation.', explain_badge.badge_definition_id),
            hint = 'Check the id: it is that of the badge definition.';
    end if;
    select organisation.time_zone
    into v_time_zone
    from public.organisations as organisation
    where organisation.id = v_mentor.organisation_id;
    v_day := coalesce(explain_badge.as_of, (now() at time zone v_time_zone)::date);
    select rule.*
    into v_rule
    from private.badge_rules as rule
    where rule.badge_definition_id = v_definition.id;
    v_measures := array(
        select measure
        from private.badge_measures as measure
        where measure.id in (select (leaf.value ->> 'measure_id')::bigint from jsonb_array_elements(v_rule.leaves) as leaf)
    );

    v_known := array(
        select known
        from private.activities_as_of(
            v_mentor.id, case when explain_badge.as_of is not null then (v_day + 1)::timestamp at time zone v_time_zone end
        ) as known
    );
    v_given := array(
        select row(
            v_mentor.id, known.occurred_on, known.activity_type, known.delivery_mode, count(*), sum(known.duration_minutes),
            sum(known.participant_count)
        )::private.activity_days
        from unnest(v_known) as known
        where not known.is_voided
        group by known.occurred_on, known.activity_type, known.delivery_mode
    );
    select proof.evidence, proof.qualified_on
    into v_proof
    from private.criteria_evidence(
        array[v_mentor.id], v_rule.criteria, v_rule.leaves, v_measures, given => v_given, as_of => v_day
    ) as proof;
    select earned.*
    into v_earned
    from public.earned_badges as earned
    where
        earned.mentor_id = v_mentor.id
        and earned.badge_definition_id = v_definition.id
        and (explain_badge.as_of is null or (earned.earned_at at time zone v_time_zone)::date <= v_day);
    v_is_held := v_earned.id is not null
        and (
            v_earned.revoked_at is null
            or (explain_badge.as_of is not null and (v_earned.revoked_at at time zone v_time_zone)::date > v_day)
        );
    if not v_is_held then
        v_step := private.badge_step(v_mentor.id, v_definition.id, v_given, v_day);
    end if;

    with best as (
        -- When a measure was at its greatest, first: what counted then is what counts.
        select
            series.measure_id,
            max(series.value) as value,
            (array_agg(series.reached_on order by series.value desc, series.reached_on))[1] as best_on
        from private.measure_series(
            array(select row(v_mentor.id, measure.id, null, null)::private.measure_request from unnest(v_measures) as measure),
            v_measures,
            given => v_given
        ) as series
        group by series.measure_id
    ),
    judged as (
        select
            leaf.value ->> 'path' as path,
            known.activity_id,
            known.occurred_on,
            case
                when known.is_voided then 'voided'
                when known.activity_type <> all (measure.activity_types) then 'wrong_type'
                when known.delivery_mode <> all (measure.delivery_modes) then 'wrong_mode'
                when known.occurred_on < measure.from_on then 'before_from'
                when known.occurred_on > measure.to_on then 'after_to'
                when
                    measure.metric = 'consecutive_weeks'
                    and (known.occurred_on - date '0001-01-01') / 7
                    not between (best.best_on - date '0001-01-01') / 7 - best.value + 1 and (best.best_on - date '0001-01-01') / 7
                    then 'outside_streak'
                when
                    measure.metric = 'consecutive_months'
                    and extract(year from known.occurred_on) * 12 + extract(month from known.occurred_on)
                    not between extract(year from best.best_on) * 12 + extract(month from best.best_on) - best.value + 1
                    and extract(year from best.best_on) * 12 + extract(month from best.best_on)
                    then 'outside_streak'
                when
                    measure.metric not in ('consecutive_weeks', 'consecutive_months')
                    and known.occurred_on not between best.best_on - measure.within_days + 1 and best.best_on
                    then 'outside_window'
            end as reason
        from jsonb_array_elements(v_rule.leaves) as leaf
        inner join unnest(v_measures) as measure on measure.id = (leaf.value ->> 'measure_id')::bigint
        cross join unnest(v_known) as known
        left join best on best.measure_id = measure.id
    ),
    counted as (
        select
            judged.path,
            judged.reason,
            count(*) as activities,
            min(judged.occurred_on) as first_on,
            max(judged.occurred_on) as last_on,
            to_jsonb((array_agg(judged.activity_id order by judged.occurred_on desc, judged.activity_id))[:c_listed]) as latest
        from judged
        group by judged.path, judged.reason
    )
    select
        jsonb_agg(
            proof.value
            || jsonb_build_object(
                'leaf', part.leaf,
                'is_met', proof.value ->> 'met_on' is not null,
                'missing', greatest(0, (proof.value ->> 'at_least')::bigint - (proof.value ->> 'value')::bigint),
                'counts', coalesce(
                    (
                        select
                            jsonb_build_object(
                                'activities', counted.activities, 'first_on', counted.first_on, 'last_on', counted.last_on,
                                'latest', counted.latest
                            )
                        from counted
                        where counted.path = part.path and counted.reason is null
                    ), jsonb_build_object('activities', 0, 'latest', '[]'::jsonb)
                ),
                'does_not_count', coalesce(
                    (
                        select
                            jsonb_agg(
                                jsonb_build_object(
                                    'reason', counted.reason, 'activities', counted.activities, 'first_on', counted.first_on,
                                    'last_on', counted.last_on, 'latest', counted.latest
                                )
                                order by counted.reason
                            )
                        from counted
                        where counted.path = part.path and counted.reason is not null
                    ), '[]'
                )
            )
            order by part.path
        )
    into v_leaves
    from private.criteria_leaves(v_rule.criteria) as part
    inner join jsonb_array_elements(v_proof.evidence) as proof on proof.value ->> 'path' = part.path;

    return jsonb_build_object(
        'mentor_id', v_mentor.id,
        'badge_definition_id', v_definition.id,
        'slug', v_definition.slug,
        'name', v_definition.name,
        'criteria_version', v_definition.criteria_version,
        'is_active', v_definition.is_active,
        'as_of', v_day,
        'is_earned', v_is_held,
        'is_revoked', v_earned.id is not null and not v_is_held,
        'earned_at', v_earned.earned_at,
        'is_met', v_proof.qualified_on is not null,
        'qualified_on', v_proof.qualified_on,
        'leaves', v_leaves,
        'smallest_step', case
            when v_step is not null then jsonb_build_object(
                'done_on', v_step -> 'until',
                'activities', (private.step_size(v_step))[1],
                'minutes', (private.step_size(v_step))[3],
                'participants', (private.step_size(v_step))[4],
                'entries', (
                    select
                        coalesce(
                            jsonb_agg(
                                jsonb_build_object(
                                    'activity_type', entry.activity_type, 'occurred_on', entry.occurred_on,
                                    'delivery_mode', entry.delivery_mode, 'times', entry.activity_count,
                                    'duration_minutes', entry.minutes_total / entry.activity_count,
                                    'participant_count', entry.participants_total / entry.activity_count
                                )
                                order by entry.occurred_on, entry.activity_type, entry.minutes_total
                            ), '[]'
                        )
                    from jsonb_populate_recordset(null::private.activity_days, v_step -> 'entries') as entry
                )
            )
        end
    );
end
$$;

comment on function public.explain_badge is
'Explains why a mentor has a badge or not, leaf by leaf, and what the smallest step to it is.
Returns {is_earned, is_revoked, is_met, qualified_on, leaves: [{path, leaf, value, at_least, missing, is_met, counts, does_not_count: [{reason, activities,
first_on, last_on, latest}]}], smallest_step}. Reasons: voided, wrong_type, wrong_mode, before_from, after_to, outside_window, outside_streak.
smallest_step is {done_on, activities, minutes, participants, entries}, from that day on; of it nothing can be left out or made less. It is null for a badge that
is held, revoked or inactive, or cannot be reached. With as_of it answers as it was known at the end of that day. Callable by the mentor, coordinators of the
organisation and service_role. Errors: PT404, 22023.';
revoke all on function public.explain_badge from public, anon, authenticated, service_role;
grant execute on function public.explain_badge to authenticated, service_role;
