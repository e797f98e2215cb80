begin;
select plan(3);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), 'a', 'A', '{"metric": "activity_count", "at_least": 2}');
prepare send as
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (tests.id('activity', 'a'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', '2026-02-03', 45)
on conflict (id) do nothing;
select tests.acts_as('authenticated', tests.id('user', 'olga'));
execute send;
select lives_ok('execute send', 'sent again');
reset role;
select is((select count(*) from public.earned_badges), 0::bigint, 'it counts once');
select is((select count(*) from public.badge_evaluation_logs), 1::bigint, 'and is evaluated once');
select finish();
rollback;
