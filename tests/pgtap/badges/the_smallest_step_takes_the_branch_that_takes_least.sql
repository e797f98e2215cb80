-- What explain_badge proposes for trees of conditions: of "all" every branch, of "any" the one that takes the fewest activities, then the
-- earliest, then the fewest minutes and participants; done as the mentor usually does it.
begin;
select plan(49);
select tests.make_organisation('north');
select tests.make_mentor(name, 'north') from unnest('{olga, berit, vera}'::text[]) as name;
update public.peer_mentors set created_at = '2026-01-01 12:00+01';
insert into public.badge_definitions (id, organisation_id, slug, name, criteria, is_active)
values
(tests.id('badge', 'held'), tests.id('organisation', 'north'), 'held', 'H', '{"metric": "activity_count", "at_least": 3}', true),
(tests.id('badge', 'near'), tests.id('organisation', 'north'), 'near', 'N', '{"metric": "activity_count", "at_least": 6}', true),
(tests.id('badge', 'off'), tests.id('organisation', 'north'), 'off', 'O', '{"metric": "activity_count", "at_least": 6}', false),
(tests.id('badge', 'taken'), tests.id('organisation', 'north'), 'taken', 'T', '{"metric": "activity_count", "at_least": 3}', true);
-- Four visits and a call, online; on the days that 4 March looks back on. The call is of the 4th itself.
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count, delivery_mode, created_at)
select tests.id('organisation', 'north'), tests.id('mentor', 'olga'), activity_type, day, 60, 2, mode, '2026-01-02'
from (
    values
    ('visit', date '2026-01-05', 'online'), ('visit', '2026-02-16', 'online'), ('visit', '2026-02-23', 'in_person'), ('visit', '2026-03-03', 'online'),
    ('call', '2026-03-04', 'online')
) as activity (activity_type, day, mode);
-- What another mentor holds, or was taken from one, is nothing to her.
insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on)
values (tests.id('organisation', 'north'), tests.id('mentor', 'berit'), tests.id('badge', 'near'), 1, '[]', '2026-01-15');
update public.earned_badges set earned_at = '2026-02-01';
update public.earned_badges set revoked_at = '2026-02-02', revoke_reason = 'A test.' where badge_definition_id = tests.id('badge', 'taken');
insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on, earned_at, revoked_at, revoke_reason)
values (tests.id('organisation', 'north'), tests.id('mentor', 'vera'), tests.id('badge', 'near'), 1, '[]', '2026-01-15', '2026-02-01', '2026-02-02', 'A test.');

-- "3 x 4.3 visit online 1 2": how often, when, what, how, minutes and participants of each; at the end when it is done, unless that is the
-- last of the days.
create function pg_temp.step(criteria jsonb) returns text
language plpgsql
as $$
declare
    v_step jsonb;
begin
    insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
    values (tests.id('badge', step.criteria::text), tests.id('organisation', 'north'), 'x' || md5(step.criteria::text), 'X', step.criteria);
    v_step := public.explain_badge(tests.id('mentor', 'olga'), tests.id('badge', step.criteria::text), '2026-03-04') -> 'smallest_step';
    if v_step is null or v_step = 'null' then
        return null;
    end if;
    return (
        select format(
            '%s by %s: %s, %s, %s', coalesce(string_agg(format(
                '%s%s %s %s %s %s', nullif(entry.times, 1) || ' x ', to_char(entry.occurred_on, 'FMDD.FMMM'), entry.activity_type,
                entry.delivery_mode, entry.duration_minutes, entry.participant_count
            ), ', '), 'nothing'), to_char((v_step ->> 'done_on')::date, 'FMDD.FMMM.YY'), v_step ->> 'activities', v_step ->> 'minutes', v_step ->> 'participants'
        )
        from jsonb_to_recordset(v_step -> 'entries') as entry (
            activity_type text, occurred_on date, duration_minutes int, participant_count int, delivery_mode text, times int
        )
    );
end
$$;

select is(pg_temp.step(criteria::jsonb), expected, criteria)
from (
    values
    -- As she usually does it: visits, online. But as the leaf counts it.
    ('{"metric": "activity_count", "at_least": 7}', '2 x 4.3 visit online 1 1 by 4.3.26: 2, 2, 2'),
    ('{"metric": "activity_count", "at_least": 2, "activity_types": ["call", "walk"]}', '4.3 call online 1 1 by 4.3.26: 1, 1, 1'),
    ('{"metric": "activity_count", "at_least": 1, "activity_types": ["walk", "swim"]}', '4.3 swim online 1 1 by 4.3.26: 1, 1, 1'),
    ('{"metric": "activity_count", "at_least": 2, "delivery_modes": ["in_person", "phone"]}', '4.3 visit in_person 1 1 by 4.3.26: 1, 1, 1'),
    ('{"metric": "activity_count", "at_least": 1, "delivery_modes": ["phone", "mail"]}', '4.3 visit mail 1 1 by 4.3.26: 1, 1, 1'),
    ('{"metric": "minutes_total", "at_least": 330}', '4.3 visit online 30 1 by 4.3.26: 1, 30, 1'),
    ('{"metric": "minutes_total", "at_least": 1800}', '4.3 visit online 1380 1, 5.3 visit online 120 1 by 5.3.26: 2, 1500, 2'),
    ('{"metric": "participants_total", "at_least": 15}', '4.3 visit online 1 5 by 4.3.26: 1, 1, 5'),
    ('{"metric": "distinct_days", "at_least": 7}', '5.3 visit online 1 1, 6.3 visit online 1 1 by 6.3.26: 2, 2, 2'),
    ('{"metric": "distinct_days", "at_least": 5, "activity_types": ["visit"]}', '4.3 visit online 1 1 by 4.3.26: 1, 1, 1'),
    ('{"metric": "distinct_days", "at_least": 4, "delivery_modes": ["online"], "activity_types": ["visit"]}', '4.3 visit online 1 1 by 4.3.26: 1, 1, 1'),
    -- This week has a visit already, and the two before.
    ('{"metric": "consecutive_weeks", "at_least": 4}', '9.3 visit online 1 1 by 9.3.26: 1, 1, 1'),
    ('{"metric": "consecutive_weeks", "at_least": 2, "activity_types": ["call"]}', '9.3 call online 1 1 by 9.3.26: 1, 1, 1'),
    ('{"metric": "consecutive_weeks", "at_least": 3, "delivery_modes": ["in_person"]}', '4.3 visit in_person 1 1, 9.3 visit in_person 1 1 by 9.3.26: 2, 2, 2'),
    ('{"metric": "consecutive_months", "at_least": 5}', '1.4 visit online 1 1, 1.5 visit online 1 1 by 1.5.26: 2, 2, 2'),
    -- Types: those that are named, in the order of their names, without those that count already.
    ('{"metric": "distinct_activity_types", "at_least": 3, "activity_types": ["walk", "visit", "ball", "golf"]}',
        '4.3 ball online 1 1, 4.3 golf online 1 1 by 4.3.26: 2, 2, 2'),
    ('{"metric": "distinct_activity_types", "at_least": 2, "activity_types": ["call", "visit"], "within_days": 2}', 'nothing by 4.3.26: 0, 0, 0'),
    ('{"metric": "distinct_activity_types", "at_least": 2, "activity_types": ["call", "visit"], "delivery_modes": ["in_person"], "within_days": 2}',
        '4.3 call in_person 1 1, 4.3 visit in_person 1 1 by 4.3.26: 2, 2, 2'),
    ('{"metric": "distinct_activity_types", "at_least": 2, "activity_types": ["call", "visit"], "from": "2026-03-04"}', '4.3 visit online 1 1 by 4.3.26: 1, 1, 1'),
    ('{"metric": "distinct_activity_types", "at_least": 2, "activity_types": ["call", "visit"], "from": "2026-04-01"}',
        '1.4 call online 1 1, 1.4 visit online 1 1 by 1.4.26: 2, 2, 2'),
    -- Where none are named, one that is known: the first of those that the state pays for.
    ('{"metric": "distinct_activity_types", "at_least": 3}', '4.3 activity_group online 1 1 by 4.3.26: 1, 1, 1'),
    -- Days to come.
    ('{"metric": "activity_count", "at_least": 1, "from": "2026-05-01", "to": "2026-05-01"}', '1.5 visit online 1 1 by 1.5.26: 1, 1, 1'),
    ('{"metric": "distinct_days", "at_least": 8, "to": "2026-03-06"}', null),
    ('{"metric": "distinct_days", "at_least": 7, "to": "2026-03-06"}', '5.3 visit online 1 1, 6.3 visit online 1 1 by 6.3.26: 2, 2, 2'),
    ('{"metric": "activity_count", "at_least": 1500}', null),
    ('{"metric": "distinct_days", "at_least": 500}', null),
    ('{"metric": "activity_count", "at_least": 6, "delivery_modes": ["in_person", "online"]}', '4.3 visit online 1 1 by 4.3.26: 1, 1, 1'),
    ('{"metric": "distinct_activity_types", "at_least": 2, "activity_types": ["call", "visit"], "within_days": 1}', '4.3 visit online 1 1 by 4.3.26: 1, 1, 1'),
    -- One serves the other: neither more minutes nor more participants than it takes.
    ('{"all": [{"metric": "minutes_total", "at_least": 302}, {"metric": "participants_total", "at_least": 12}]}',
        '4.3 visit online 1 1, 4.3 visit online 1 1 by 4.3.26: 2, 2, 2'),
    ('{"all": [{"metric": "minutes_total", "at_least": 330}, {"metric": "activity_count", "at_least": 7}]}',
        '4.3 visit online 1 1, 4.3 visit online 29 1 by 4.3.26: 2, 30, 2'),
    ('{"all": [{"metric": "minutes_total", "at_least": 325}, {"metric": "activity_count", "at_least": 7}]}',
        '4.3 visit online 1 1, 4.3 visit online 24 1 by 4.3.26: 2, 25, 2'),
    ('{"all": [{"metric": "badge_earned", "badge": "near"}, {"metric": "activity_count", "at_least": 7}]}', '2 x 4.3 visit online 1 1 by 4.3.26: 2, 2, 2'),
    ('{"all": [{"metric": "distinct_days", "at_least": 7}, {"metric": "activity_count", "at_least": 7}]}',
        '5.3 visit online 1 1, 6.3 visit online 1 1 by 6.3.26: 2, 2, 2'),
    -- 62 days she has been there; for 100 it takes 38 more.
    ('{"metric": "tenure_days", "at_least": 100}', 'nothing by 11.4.26: 0, 0, 0'),
    ('{"metric": "tenure_days", "at_least": 60001}', null),
    ('{"all": [{"metric": "tenure_days", "at_least": 100}, {"metric": "activity_count", "at_least": 6}]}', '4.3 visit online 1 1 by 11.4.26: 1, 1, 1'),
    ('{"all": [{"metric": "tenure_days", "at_least": 64}, {"metric": "distinct_days", "at_least": 8}]}',
        '5.3 visit online 1 1, 6.3 visit online 1 1, 7.3 visit online 1 1 by 7.3.26: 3, 3, 3'),
    ('{"any": [{"metric": "activity_count", "at_least": 7}, {"metric": "activity_count", "at_least": 6, "activity_types": ["visit", "call"]},
        {"metric": "distinct_days", "at_least": 9}]}', '4.3 visit online 1 1 by 4.3.26: 1, 1, 1'),
    ('{"any": [{"metric": "consecutive_weeks", "at_least": 4}, {"metric": "distinct_days", "at_least": 6}]}', '5.3 visit online 1 1 by 5.3.26: 1, 1, 1'),
    ('{"any": [{"metric": "minutes_total", "at_least": 340}, {"metric": "minutes_total", "at_least": 250, "activity_types": ["visit"]}]}',
        '4.3 visit online 10 1 by 4.3.26: 1, 10, 1'),
    ('{"any": [{"metric": "participants_total", "at_least": 16}, {"metric": "participants_total", "at_least": 14}, {"metric": "activity_count", "at_least": 9, "to": "2026-01-31"}]}',
        '4.3 visit online 1 4 by 4.3.26: 1, 1, 4'),
    -- Two that take as much: the first.
    ('{"any": [{"metric": "activity_count", "at_least": 2, "activity_types": ["call"]}, {"metric": "activity_count", "at_least": 5, "activity_types": ["visit"]}]}',
        '4.3 call online 1 1 by 4.3.26: 1, 1, 1'),
    -- What is held takes nothing; what is off, or was taken away, nothing can bring.
    ('{"all": [{"metric": "badge_earned", "badge": "held"}, {"metric": "badge_earned", "badge": "near"}]}', '4.3 visit online 1 1 by 4.3.26: 1, 1, 1'),
    ('{"any": [{"metric": "badge_earned", "badge": "off"}, {"metric": "badge_earned", "badge": "taken"}, {"metric": "activity_count", "at_least": 8}]}',
        '3 x 4.3 visit online 1 1 by 4.3.26: 3, 3, 3'),
    ('{"all": [{"metric": "badge_earned", "badge": "off"}, {"metric": "activity_count", "at_least": 8}]}', null),
    ('{"all": [{"metric": "activity_count", "at_least": 8}, {"metric": "activity_count", "at_least": 9, "to": "2026-01-31"}]}', null)
) as given (criteria, expected);
select is(
    public.explain_badge(tests.id('mentor', 'olga'), tests.id('badge', 'near')) ->> 'is_earned', 'false', 'a badge that another mentor holds she does not'
);
-- Of whom nothing is known: as most do it. Of more types than are known any others do.
create function pg_temp.entries(criteria jsonb) returns table (activity_type text, delivery_mode text)
language sql
as $$
    select entry.activity_type, entry.delivery_mode
    from public.explain_badge(
        tests.id('mentor', 'berit'),
        (
            select definition.id from public.badge_definitions as definition
            where definition.criteria = entries.criteria and definition.organisation_id = tests.id('organisation', 'north')
        )
    ) as answer
    cross join jsonb_to_recordset(answer #> '{smallest_step,entries}') as entry (activity_type text, delivery_mode text)
$$;
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values
(tests.id('organisation', 'north'), 'one', 'One', '{"metric": "participants_total", "at_least": 1}'),
(tests.id('organisation', 'north'), 'types', 'Types', '{"metric": "distinct_activity_types", "at_least": 40}');
select results_eq(
    $$ select * from pg_temp.entries('{"metric": "participants_total", "at_least": 1}') $$, $$ values ('conversation', 'in_person') $$, 'a conversation, in person'
);
select is(
    (select count(distinct activity_type) from pg_temp.entries('{"metric": "distinct_activity_types", "at_least": 40}')), 40::bigint,
    'forty types, all different'
);
select * from finish();
rollback;
