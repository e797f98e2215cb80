-- A day has 24 hours. What explain_badge proposes can be registered as it stands: beside what is there already, and beside what other
-- conditions of the same badge ask for.
begin;
select plan(35);
select tests.make_organisation('north');
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', slug), tests.id('organisation', 'north'), slug, slug, criteria::jsonb
from (
    values
    ('participants', '{"metric": "participants_total", "at_least": 10, "activity_types": ["visit"]}'),
    ('crowds', '{"metric": "participants_total", "at_least": 25000, "activity_types": ["visit"]}'),
    ('two-crowds', '{"metric": "participants_total", "at_least": 20000, "activity_types": ["visit"]}'),
    ('crowds-and-one', '{"metric": "participants_total", "at_least": 20001, "activity_types": ["visit"]}'),
    ('types', '{"metric": "distinct_activity_types", "at_least": 2, "activity_types": ["course", "visit"]}'),
    ('days', '{"metric": "distinct_days", "at_least": 3, "activity_types": ["visit"]}'),
    ('days-in-a-row', '{"metric": "distinct_days", "at_least": 3, "activity_types": ["visit"], "within_days": 3}'),
    ('weeks', '{"metric": "consecutive_weeks", "at_least": 2, "activity_types": ["visit"]}'),
    ('months', '{"metric": "consecutive_months", "at_least": 2, "activity_types": ["visit"]}'),
    ('count', '{"metric": "activity_count", "at_least": 4, "activity_types": ["visit"]}'),
    ('long-day', '{"metric": "minutes_total", "at_least": 1000, "activity_types": ["visit"], "within_days": 1}'),
    ('two-kinds', '{"all": [{"metric": "minutes_total", "at_least": 1000, "activity_types": ["visit"]},
        {"metric": "minutes_total", "at_least": 1000, "activity_types": ["phone"]}]}'),
    ('needs-one', '{"all": [{"metric": "badge_earned", "badge": "two-kinds"},
        {"metric": "minutes_total", "at_least": 1000, "activity_types": ["course"]}]}'),
    ('hours-and-days', '{"all": [{"metric": "minutes_total", "at_least": 2400}, {"metric": "distinct_days", "at_least": 5}]}')
) as badge (slug, criteria);

-- What is registered of the days from Wednesday 4 March 2026 on, in minutes of camp; and the step from that day on, shortened.
create function pg_temp.step(badge text, camp int[]) returns text
language plpgsql
as $$
declare
    v_name text := step.badge || ' ' || step.camp::text;
    v_step jsonb;
    v_earned bigint;
begin
    perform tests.make_mentor(v_name, 'north');
    insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, created_at)
    select tests.id('organisation', 'north'), tests.id('mentor', v_name), 'camp', date '2026-03-03' + number::int, minutes, '2026-03-01'
    from unnest(step.camp) with ordinality as day (minutes, number)
    where minutes > 0;
    v_step := public.explain_badge(tests.id('mentor', v_name), tests.id('badge', step.badge), '2026-03-04') -> 'smallest_step';
    -- As it stands.
    insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count, delivery_mode)
    select
        tests.id('organisation', 'north'), tests.id('mentor', v_name), entry.activity_type, entry.occurred_on,
        entry.duration_minutes, entry.participant_count, entry.delivery_mode
    from jsonb_to_recordset(v_step -> 'entries') as entry (
        activity_type text, occurred_on date, duration_minutes int, participant_count int, delivery_mode text, times int
    )
    cross join generate_series(1, entry.times);
    return (
        select string_agg(
            format(
                '%s%s %s', nullif(entry.times, 1) || ' x ', to_char(entry.occurred_on, 'FMDD.FMMM'),
                case when step.badge ~ 'participants|crowds' then entry.participant_count else entry.duration_minutes end
            ), ', ' order by entry.occurred_on, entry.duration_minutes desc, entry.participant_count desc
        )
        from jsonb_to_recordset(v_step -> 'entries') as entry (occurred_on date, duration_minutes int, participant_count int, times int)
    ) || case
        when exists (
            select from public.earned_badges as earned
            where earned.mentor_id = tests.id('mentor', v_name) and earned.badge_definition_id = tests.id('badge', step.badge)
        ) then '' else ', and not earned'
    end || case
        when (v_step ->> 'done_on')::date = (select max(entry.occurred_on) from jsonb_to_recordset(v_step -> 'entries') as entry (occurred_on date))
            then '' else ', done ' || (v_step ->> 'done_on')
    end;
exception
    when sqlstate '22023' then
        return 'refused';
end
$$;

select is(pg_temp.step(badge, camp), expected, format('%s beside %s', badge, camp))
from (
    values
    ('participants', '{0}'::int[], '4.3 10'),
    ('participants', '{1439}', '4.3 10'),
    ('participants', '{1440, 1440}', '6.3 10'),
    ('crowds', '{1437}', '4.3 10000, 4.3 10000, 4.3 5000'),
    ('crowds', '{1438}', '5.3 10000, 5.3 10000, 5.3 5000'),
    ('two-crowds', '{1438}', '4.3 10000, 4.3 10000'),
    ('crowds-and-one', '{1438}', '5.3 10000, 5.3 10000, 5.3 1'),
    ('types', '{1438}', '4.3 1, 4.3 1'),
    ('types', '{1439}', '5.3 1, 5.3 1'),
    ('days', '{0, 1440}', '4.3 1, 6.3 1, 7.3 1'),
    ('days', '{0, 1439}', '4.3 1, 5.3 1, 6.3 1'),
    ('days-in-a-row', '{0, 1440}', '6.3 1, 7.3 1, 8.3 1'),
    ('weeks', '{1440, 1440}', '6.3 1, 9.3 1'),
    -- All that is left of the week.
    ('weeks', '{1440, 1440, 1440, 1440, 1440}', '9.3 1, 16.3 1'),
    ('weeks', '{0, 0, 0, 0, 0, 1440}', '4.3 1, 10.3 1'),
    ('months', '{1440}', '5.3 1, 1.4 1'),
    ('count', '{1438}', '2 x 4.3 1, 2 x 5.3 1'),
    ('long-day', '{440}', '4.3 1000'),
    ('long-day', '{441}', '5.3 1000'),
    ('long-day', '{441, 1440}', '6.3 1000'),
    ('two-kinds', '{0}', '4.3 1000, 4.3 440, 5.3 560'),
    ('two-kinds', '{1440}', '5.3 1000, 5.3 440, 6.3 560'),
    ('needs-one', '{0}', '4.3 1000, 4.3 440, 5.3 880, 5.3 560, 6.3 120'),
    -- What was the last day of one is not needed beside the other.
    ('hours-and-days', '{0}', '4.3 1440, 5.3 957, 6.3 1, 7.3 1, 8.3 1')
) as given (badge, camp, expected);
select is_empty('select from private.check_badge_rollups()', 'which is counted right');

-- An explanation of an earlier day knows nothing of what came later.
create function pg_temp.as_of(as_of date) returns text
language sql
as $$
    select format(
        '%s%s%s, by %s: %s', case when explained.is_earned then 'earned ' end, case when explained.is_revoked then 'revoked ' end,
        explained.is_met, explained.smallest_step ->> 'done_on', explained.smallest_step ->> 'minutes'
    )
    from jsonb_to_record(public.explain_badge(tests.id('mentor', 'olga'), tests.id('badge', 'both'), as_of.as_of))
    as explained (is_earned boolean, is_revoked boolean, is_met boolean, smallest_step jsonb)
$$;
select tests.make_mentor('olga', 'north');
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values
(
    tests.id('badge', 'both'), tests.id('organisation', 'north'), 'both', 'Both',
    '{"all": [{"metric": "badge_earned", "badge": "weeks"}, {"metric": "minutes_total", "at_least": 100}]}'
);
select is(pg_temp.as_of('2026-03-04'), 'f, by 2026-03-09: 100', 'two weeks with 100 minutes, from a Wednesday on');
-- Two visits are registered late, on the 6th.
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, created_at)
select tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', day, 60, '2026-03-06 12:00+01'
from (values (date '2026-02-26'), ('2026-03-05')) as given (day);
update public.earned_badges set earned_at = '2026-03-06 12:00+01' where mentor_id = tests.id('mentor', 'olga');
select is(pg_temp.as_of('2026-03-06'), 'earned t, by : ', 'on the day on which it was earned it is');
select is(pg_temp.as_of('2026-03-04'), 'f, by 2026-03-09: 100', 'two days before it was as far as it was then');
select is(pg_temp.as_of('2026-03-05'), 'f, by 2026-03-09: 100', 'and the day before');
update public.earned_badges set revoked_at = '2026-03-20 12:00+01', revoke_reason = 'A test.'
where mentor_id = tests.id('mentor', 'olga') and badge_definition_id = tests.id('badge', 'both');
select is(pg_temp.as_of('2026-03-19'), 'earned t, by : ', 'before it was revoked it is held');
select is(pg_temp.as_of('2026-03-20'), 'revoked t, by : ', 'on the day of the revocation it is not');
select is(pg_temp.as_of('2026-03-04'), 'f, by 2026-03-09: 100', 'and the step of the day before all that is what it was');
update public.earned_badges set revoked_at = null, revoke_reason = null where mentor_id = tests.id('mentor', 'olga');
update public.earned_badges set revoked_at = '2026-03-20 12:00+01', revoke_reason = 'A test.'
where mentor_id = tests.id('mentor', 'olga') and badge_definition_id = tests.id('badge', 'weeks');
select is(pg_temp.as_of('2026-03-04'), 'f, by 2026-03-09: 100', 'also when it is the badge that it needs that was revoked');
select is(pg_temp.as_of('2026-03-19'), 'earned t, by : ', 'which was held until the day before');
select is(pg_temp.as_of('2026-03-20'), 'earned f, by : ', 'and from that day on is not, which takes nothing away');
select * from finish();
rollback;
