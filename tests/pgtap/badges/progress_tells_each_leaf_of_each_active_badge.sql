begin;
select plan(15);
select tests.make_two_organisations();
delete from public.activities;
-- The clocks differ: of the two organisations one is nearly a day ahead.
update public.organisations set time_zone = 'Etc/GMT+12' where slug = 'north';
update public.organisations set time_zone = 'Pacific/Kiritimati' where slug = 'south';
update public.peer_mentors
set created_at = ((now() at time zone 'Etc/GMT+12')::date - 100 + time '23:00') at time zone 'Etc/GMT+12'
where id = tests.id('mentor', 'olga');
insert into public.badge_definitions (id, organisation_id, slug, name, criteria, is_active)
select tests.id('badge', slug), tests.id('organisation', 'north'), slug, slug, criteria::jsonb, slug <> 'off'
from (
    values
    ('week', '{"metric": "minutes_total", "at_least": 180, "within_days": 7}'),
    ('many', '{"all": [{"metric": "activity_count", "at_least": 2}, {"metric": "participants_total", "at_least": 6}]}'),
    ('walks', '{"metric": "activity_count", "at_least": 3, "activity_types": ["walk"]}'),
    ('tenure', '{"metric": "tenure_days", "at_least": 300}'),
    ('first', '{"metric": "activity_count", "at_least": 1}'),
    ('second', '{"any": [{"metric": "badge_earned", "badge": "first"}, {"metric": "distinct_days", "at_least": 4}]}'),
    ('off', '{"metric": "distinct_activity_types", "at_least": 4}')
) as badge (slug, criteria);
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'south'), 'southern', 'S', '{"metric": "activity_count", "at_least": 1}');
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select organisation_id, id, 'visit', day, 60
from public.peer_mentors cross join unnest('{2026-02-02, 2026-02-03, 2026-03-02}'::date[]) as day
where organisation_id = tests.id('organisation', 'north');

create function pg_temp.progress(mentor text) returns text
language sql
as $$
    select string_agg(
        format('%s%s %s/%s %s%s', slug, substr(leaf_path, 2), value, threshold, share, case when is_earned then ' earned' end), ', '
        order by slug, leaf_path
    )
    from public.get_badge_progress(tests.id('mentor', progress.mentor))
$$;
select is(
    pg_temp.progress('olga'),
    'first 3/1 1.0000 earned, many.all[0] 3/2 1.0000, many.all[1] 3/6 0.5000, second.any[0] 1/1 1.0000 earned, second.any[1] 3/4 0.7500 earned, '
    'tenure 100/300 0.3333, walks 0/3 0.0000, week 120/180 0.6667',
    'the best that was ever reached of each, by the clocks of the organisation'
);
select results_eq(
    $$ select slug, leaf_path from public.get_badge_progress(tests.id('mentor', 'olga')) $$,
    $$ select slug, leaf_path from public.get_badge_progress(tests.id('mentor', 'olga')) order by slug, leaf_path $$,
    'in the order of the badges and their leaves'
);
select is(pg_temp.progress('sara'), 'southern 0/1 0.0000', 'who did nothing has begun nothing');

-- What is held: one's own, and not what was revoked.
select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'first'), 'A test.');
select matches(pg_temp.progress('olga'), '^first 3/1 1.0000, .*second.any\[0\] 0/1 0.0000 earned', 'a revoked badge is not held, for others neither');
select matches(pg_temp.progress('berit'), '^first 3/1 1.0000 earned, .*second.any\[0\] 1/1 1.0000 earned', 'a colleague''s is');
update public.badge_definitions set is_active = true where slug = 'off';
select matches(pg_temp.progress('olga'), ', off 1/4 0.2500, ', 'a badge that is switched on is among them');

-- Never evaluated, or waiting for a recount: the rollup is not to be trusted. The others' is.
select tests.make_mentor('kari', 'north');
alter table public.activities disable trigger user;
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select tests.id('organisation', 'north'), tests.id('mentor', name), 'walk', '2026-03-03', 90 from unnest('{kari, berit}'::text[]) as name;
alter table public.activities enable trigger user;
select matches(pg_temp.progress('kari'), 'walks 1/3 0.3333, week 90/180 0.5000$', 'what was written past the triggers, of a mentor who was never evaluated');
update private.mentor_measures set catalogue_version = null where mentor_id = tests.id('mentor', 'berit');
select matches(pg_temp.progress('berit'), 'walks 1/3 0.3333, week 150/180 0.8333$', 'and of one who waits for it');
update public.activities set voided_at = now() where activity_type = 'walk' and mentor_id = tests.id('mentor', 'kari');
select matches(pg_temp.progress('kari'), 'walks 0/3 0.0000, week 0/180 0.0000$', 'without what is voided');

select tests.acts_as('authenticated', tests.id('user', 'nina'));
select isnt(pg_temp.progress('olga'), null, 'a coordinator of the organisation asks');
select tests.acts_as('service_role');
select isnt(pg_temp.progress('sara'), null, 'and the service role, whichever it is');
reset role;
select is(
    tests.outcome(role, tests.id('user', user_name), format('select public.get_badge_progress(%L)', tests.id('mentor', 'olga'))), outcome,
    format('%s: %s', coalesce(user_name, role), outcome)
)
from (
    values ('authenticated', 'sven', 'PT404'), ('authenticated', 'berit', 'PT404'), ('anon', null, '42501'), ('authenticated', 'olga', '9')
) as attempt (role, user_name, outcome);
select * from finish();
rollback;
