-- Its triggers come one after the other, and the table already holds what all of them are about.
begin;
select plan(6);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), 'three', 'Three', '{"metric": "activity_count", "at_least": 3}');
select tests.make_activity('a', 'olga');

with added as (
    insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
    select tests.id('activity', day::text), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', day, 30
    from (values (date '2026-03-02'), ('2026-03-03')) as d (day)
)
delete from public.activities where id = tests.id('activity', 'a');
select is((select count(*) from public.activities), 2::bigint, 'two are left');
select is((select count(*) from private.check_badge_rollups()), 0::bigint, 'and two are counted');
select is((select count(*) from public.earned_badges), 0::bigint, 'which is too few for the badge');

-- The state after an evaluation that failed.
update private.mentor_measures set catalogue_version = null where true;
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values
(tests.id('activity', '2026-03-02'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', '2026-03-05', 30),
(tests.id('activity', 'late'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', '2026-03-01', 30)
on conflict (id) do update set occurred_on = excluded.occurred_on;
select is((select count(*) from private.check_badge_rollups()), 0::bigint, 'an update and an insert in one, on rows to be rebuilt');
select is((select qualified_on from public.earned_badges), date '2026-03-05', 'three now, the third on the moved day');
delete from public.activities where true;
select is((select count(*) from private.activity_days), 0::bigint, 'deleting leaves nothing behind');
select finish();
rollback;
