begin;
select plan(13);
select tests.make_organisation('north');
select tests.make_mentor('berit', 'north');
select tests.make_mentor('olga', 'north');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), 'a', 'A', '{"metric": "activity_count", "at_least": 2}');
select tests.make_activity(name, name) from unnest('{olga, berit}'::text[]) as name;
-- Somebody whom none of it is about.
select public.evaluate_badges(tests.make_mentor('vera', 'north'));
create temporary table before as select id from public.badge_evaluation_logs;

-- One mentor's data breaks the evaluation, with a message that quotes it.
create function pg_temp.explode() returns trigger
language plpgsql
as $$
begin
    if new.mentor_id = tests.id('mentor', 'olga') then
        raise exception 'olga@example.org lives at /home/olga' using errcode = '22012';
    end if;
    return new;
end
$$;
create trigger explode before insert on public.earned_badges for each row execute function pg_temp.explode();

insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values
(tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', '2026-02-03', 45),
(tests.id('organisation', 'north'), tests.id('mentor', 'berit'), 'visit', '2026-02-03', 45);

select is((select count(*) from public.activities), 4::bigint, 'both activities stay');
select results_eq(
    'select mentor_id from public.earned_badges', $$ values (tests.id('mentor', 'berit')) $$, 'the other mentor gets the badge'
);
select is(
    (select error_message from public.badge_evaluation_logs where peer_mentor_id = tests.id('mentor', 'olga') and id not in (select id from before)),
    'The evaluation failed. A value could not be used. (22012)', 'the log says so and quotes nothing'
);
select is(
    (select badges_awarded from public.badge_evaluation_logs where peer_mentor_id = tests.id('mentor', 'olga') and id not in (select id from before)),
    '{}'::uuid[], 'nothing was awarded'
);
select is((select count(*) from public.badge_evaluation_logs where id not in (select id from before)), 2::bigint, 'one entry a mentor');
select is((select count(*) from public.ops_alerts where kind = 'badge_evaluation_failed'), 1::bigint, 'an operator learns of it');
select is(
    (select details from public.ops_alerts where kind = 'badge_evaluation_failed'),
    jsonb_build_object('mentor_id', tests.id('mentor', 'olga'), 'sqlstate', '22012'), 'and of whose, and why'
);
select results_eq(
    'select mentor_id from private.mentor_measures where catalogue_version is null', $$ values (tests.id('mentor', 'olga')) $$,
    'only that one is to be recounted'
);
select is_empty('select from private.check_badge_rollups()', 'the others'' rollups are right');

select is_empty('select from public.activity_changes', 'the entry of the failure names the activity: it is not on record twice');
create function pg_temp.refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
create trigger refuse before insert on public.ops_alerts for each statement execute function pg_temp.refuse();
select lives_ok($$ select tests.make_activity('olga once more', 'olga') $$, 'also when nobody can be told of it the activity stays');
drop trigger refuse on public.ops_alerts;
-- Two others have missed their badge.
select tests.make_mentor(name, 'north') from unnest('{kari, nora}'::text[]) as name;
alter table public.activities disable trigger user;
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select tests.id('organisation', 'north'), tests.id('mentor', name), 'visit', day, 45
from unnest('{kari, nora}'::text[]) as name cross join unnest('{2026-02-03, 2026-02-04}'::date[]) as day;
alter table public.activities enable trigger user;
select is((select badges_awarded from public.reconcile_badges()), 2::bigint, 'beside one that fails the others are made up for, and counted');

drop trigger explode on public.earned_badges;
select public.reconcile_badges();
select is(
    (select count(*) from public.earned_badges where mentor_id = tests.id('mentor', 'olga')), 1::bigint,
    'reconciliation makes up for it'
);
select finish();
rollback;
