-- Each kind of criteria, over generated histories: who the preview names, since when and from what evidence, against who earns the
-- badge once it is there and everybody is evaluated.
begin;
select tests.make_two_organisations();
select tests.make_mentor('mentor ' || number, 'north') from generate_series(1, 9) as number;
update public.peer_mentors as mentor
set created_at = now() - number * interval '100 days'
from generate_series(1, 9) as number
where mentor.id = tests.id('mentor', 'mentor ' || number);
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', organisation || ' known'), tests.id('organisation', organisation), 'known', 'Known', '{"metric": "tenure_days", "at_least": 500}'
from unnest(array['north', 'south']) as organisation;

-- The longer they have been here, the more they did; by hashes, so that it is the same each time.
create temporary table number as
select
    mentor, number, abs(hashtext(format('%s %s', mentor, number))) as hash
from generate_series(1, 9) as mentor, generate_series(1, 3 * mentor) as number;
insert into public.activities (
    id, organisation_id, mentor_id, activity_type, delivery_mode, occurred_on, duration_minutes, participant_count, voided_at
)
select
    tests.id('activity', format('%s %s', mentor, number)), tests.id('organisation', 'north'), tests.id('mentor', 'mentor ' || mentor),
    (array['visit', 'call', 'course'])[1 + hash % 3], (array['in_person', 'online'])[1 + hash / 3 % 2],
    date '2025-01-01' + hash / 7 % 120, 10 + hash / 11 % 50, 1 + hash / 13 % 9, case when hash / 17 % 8 = 0 then now() end
from number;
-- Another organisation's mentor, who would meet everything.
insert into public.activities (organisation_id, mentor_id, activity_type, delivery_mode, occurred_on, duration_minutes, participant_count)
select
    tests.id('organisation', 'south'), id, (array['visit', 'call', 'course'])[1 + number % 3], 'online', date '2025-01-01' + number, 60, 9
from public.peer_mentors, generate_series(0, 99) as number
where organisation_id = tests.id('organisation', 'south');
-- Everybody with 500 days has the badge by now; one of them had it taken away.
select public.evaluate_badges(id) from public.peer_mentors where organisation_id = tests.id('organisation', 'north');
update public.earned_badges set revoked_at = now(), revoke_reason = 'A mistake.' where mentor_id = tests.id('mentor', 'mentor 7');

create temporary table given as
select row_number() over () as number, criteria::jsonb
from unnest(array[
    '{"metric": "activity_count", "at_least": 5}',
    '{"metric": "activity_count", "at_least": 13}',
    '{"metric": "activity_count", "at_least": 4, "activity_types": ["visit"]}',
    '{"metric": "activity_count", "at_least": 4, "activity_types": ["visit", "call"], "delivery_modes": ["online"]}',
    '{"metric": "activity_count", "at_least": 5, "from": "2025-02-01"}',
    '{"metric": "activity_count", "at_least": 5, "to": "2025-03-01"}',
    '{"metric": "activity_count", "at_least": 3, "from": "2025-02-01", "to": "2025-03-01"}',
    '{"metric": "activity_count", "at_least": 4, "within_days": 20}',
    '{"metric": "minutes_total", "at_least": 300}',
    '{"metric": "minutes_total", "at_least": 100, "activity_types": ["call"]}',
    '{"metric": "participants_total", "at_least": 50}',
    '{"metric": "participants_total", "at_least": 20, "delivery_modes": ["online"]}',
    '{"metric": "distinct_days", "at_least": 9}',
    '{"metric": "distinct_activity_types", "at_least": 3}',
    '{"metric": "consecutive_weeks", "at_least": 3}',
    '{"metric": "consecutive_months", "at_least": 3}',
    '{"metric": "tenure_days", "at_least": 600}',
    '{"metric": "badge_earned", "badge": "known"}',
    '{"all": [{"metric": "badge_earned", "badge": "known"}, {"metric": "minutes_total", "at_least": 400}]}',
    '{"any": [{"metric": "tenure_days", "at_least": 800}, {"metric": "activity_count", "at_least": 13}]}',
    '{"all": [{"metric": "activity_count", "at_least": 6}, {"metric": "activity_count", "at_least": 10}]}',
    '{"all": [{"metric": "tenure_days", "at_least": 300}, {"any": [{"metric": "distinct_days", "at_least": 12}, {"metric": "participants_total", "at_least": 100}]}]}'
]) as criteria;
create temporary table previewed as
select given.number, preview.mentor_id, preview.qualified_on, preview.evidence, preview.total_count
from given, public.preview_badge(tests.id('organisation', 'north'), given.criteria, 1000) as preview;

insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', number::text), tests.id('organisation', 'north'), 'given_' || number, 'Given', criteria from given;
select public.evaluate_badges(id) from public.peer_mentors where organisation_id = tests.id('organisation', 'north');

select plan(2 + 2 * (select count(*)::int from given));
select set_eq(
    format('select mentor_id, qualified_on, evidence from previewed where number = %s', number),
    format('select mentor_id, qualified_on, evidence from public.earned_badges where badge_definition_id = %L', tests.id('badge', number::text)),
    criteria::text
)
from given order by number;
-- A case that everybody or nobody meets would show nothing.
select ok(
    (select count(*) from previewed where previewed.number = given.number) between 1 and 8,
    format('%s of nine, so it tells them apart', (select count(*) from previewed where previewed.number = given.number))
)
from given order by number;
select is_empty(
    'select from previewed where total_count <> (select count(*) from previewed as other where other.number = previewed.number)',
    'and each row says how many there are'
);
select is_empty('select from private.check_badge_rollups()', 'with rollups that are right');
select * from finish();
rollback;
