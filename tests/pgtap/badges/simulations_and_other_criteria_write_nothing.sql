begin;
select plan(27);
select tests.make_two_organisations();
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', slug), tests.id('organisation', 'north'), slug, slug, criteria::jsonb
from (
    values
    ('three', '{"metric": "activity_count", "at_least": 3}'),
    ('after-three', '{"all": [{"metric": "badge_earned", "badge": "three"}, {"metric": "minutes_total", "at_least": 200}]}'),
    ('ten', '{"metric": "activity_count", "at_least": 10}')
) as badge (slug, criteria);
-- Another organisation's badges are not hers to earn.
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'south'), 'southern', 'S', '{"metric": "activity_count", "at_least": 1}');
create temporary table before as
select tests.fingerprint('public.activities') as activities, tests.fingerprint('public.earned_badges') as badges,
tests.fingerprint('public.badge_evaluation_logs') as logs, tests.fingerprint('public.notifications') as messages;
create function pg_temp.would_earn(entries jsonb) returns text[]
language sql
as $$ select array_agg(slug order by slug) from public.simulate_activities(tests.id('mentor', 'olga'), would_earn.entries) $$;

select tests.acts_as('authenticated', tests.id('user', 'olga'));
select is(
    pg_temp.would_earn('[{"activity_type": "walk", "occurred_on": "2026-02-01", "duration_minutes": 79}]'), '{three}',
    'one more makes three'
);
select is(
    pg_temp.would_earn('[{"activity_type": "walk", "occurred_on": "2026-02-01", "duration_minutes": 80}]'), '{after-three,three}',
    'and what depends on it'
);
select is(
    pg_temp.would_earn('[{"activity_type": "walk", "occurred_on": "2199-02-01", "duration_minutes": 80}]'), '{after-three,three}',
    'days to come are allowed'
);
select throws_ok(
    $$ select pg_temp.would_earn('[{"activity_type": "walk", "occurred_on": "2026-02-30", "duration_minutes": 80}]') $$, 'PL006', null,
    'what cannot be read is refused'
);
select throws_ok(
    format(
        $$ select pg_temp.would_earn('[{"mentor_id": "%s", "activity_type": "walk", "occurred_on": "2026-02-01", "duration_minutes": 80}]') $$,
        tests.id('mentor', 'berit')
    ),
    'PL006', null, 'an entry is of the mentor who is asked about'
);
select throws_ok($$ select pg_temp.would_earn('{}') $$, 'PL006', null, 'entries are an array');
create function pg_temp.faults(entries jsonb) returns text
language plpgsql
as $$
declare
    v_detail text;
begin
    perform public.simulate_activities(tests.id('mentor', 'olga'), faults.entries);
    return null;
exception
    when sqlstate 'PL006' then
        get stacked diagnostics v_detail = pg_exception_detail;
        return v_detail;
end
$$;
select matches(
    pg_temp.faults(jsonb_build_array(
        '{"activity_type": "walk", "occurred_on": "2026-02-01", "duration_minutes": 80}'::jsonb, 7,
        '{"activity_type": "walk", "occurred_on": "2026-02-01"}'
    )), '^entries\[1\].*entries\[2\]', 'each fault is told with the place of its entry'
);
select matches(
    pg_temp.faults(jsonb_build_array(jsonb_build_object(
        'mentor_id', tests.id('mentor', 'berit'), 'activity_type', 'walk', 'occurred_on', '2026-02-01', 'duration_minutes', 80
    ))), '^entries\[0\]\.mentor_id', 'so is whose it is'
);
reset role;
select is(
    row(
        tests.fingerprint('public.activities'), tests.fingerprint('public.earned_badges'),
        tests.fingerprint('public.badge_evaluation_logs'), tests.fingerprint('public.notifications')
    )::text,
    (select row(before.*)::text from before), 'nothing was written'
);

-- What a mentor has they do not earn again, what they had neither; what others have is nothing to them, and what is void is nothing done.
insert into public.badge_definitions (id, organisation_id, slug, name, criteria, is_active)
values
(tests.id('badge', 'two'), tests.id('organisation', 'north'), 'two', 'two', '{"metric": "activity_count", "at_least": 2}', true),
(tests.id('badge', 'had'), tests.id('organisation', 'north'), 'had', 'had', '{"metric": "activity_count", "at_least": 2}', true),
(tests.id('badge', 'off'), tests.id('organisation', 'north'), 'off', 'off', '{"metric": "activity_count", "at_least": 2}', false),
(tests.id('badge', 'year'), tests.id('organisation', 'north'), 'year', 'year', '{"metric": "tenure_days", "at_least": 365}', true);
create function pg_temp.on_days(variadic days date[]) returns text
language sql
as $$
    select string_agg(slug || ' ' || to_char(qualified_on, 'FMDD.FMMM.YY'), ', ')
    from public.simulate_activities(tests.id('mentor', 'olga'), (
        select jsonb_agg(jsonb_build_object('activity_type', 'walk', 'occurred_on', day, 'duration_minutes', 1)) from unnest(on_days.days) as day
    ))
$$;
select is(pg_temp.on_days('2026-02-01'), 'had 15.1.26, three 1.2.26, two 15.1.26', 'in the order of the badges, each with its day');
insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on, revoked_at, revoke_reason)
values
(tests.id('organisation', 'north'), tests.id('mentor', 'berit'), tests.id('badge', 'three'), 1, '[]', '2026-01-15', null, null),
(tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('badge', 'two'), 1, '[]', '2026-01-15', null, null),
(tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('badge', 'had'), 1, '[]', '2026-01-15', now(), 'A test.');
select is(pg_temp.on_days('2026-02-01'), 'three 1.2.26', 'without what is held, or was revoked');
select is(pg_temp.on_days('2026-01-01'), 'three 15.1.26', 'a late entry makes what came later the third');
select is(pg_temp.on_days('2026-02-01', '2026-02-01'), 'three 1.2.26', 'two of a day');
update public.peer_mentors set created_at = (current_date - 300) + time '12:00' where id = tests.id('mentor', 'olga');
select is(
    pg_temp.on_days(current_date - 5, current_date + 90), format('three %s, year %s', to_char(current_date - 5, 'FMDD.FMMM.YY'), to_char(current_date + 65, 'FMDD.FMMM.YY')),
    'by the last of the days a length of service may be reached'
);
select is(pg_temp.on_days(current_date - 5), 'three ' || to_char(current_date - 5, 'FMDD.FMMM.YY'), 'and by today it is not');
update public.peer_mentors set created_at = (current_date - 400) + time '12:00' where id = tests.id('mentor', 'olga');
select is(
    pg_temp.on_days(current_date - 50), format('three %s, year %s', to_char(current_date - 50, 'FMDD.FMMM.YY'), to_char(current_date - 35, 'FMDD.FMMM.YY')),
    'unless it is today that it was reached, whatever the days of the entries'
);
update public.activities set voided_at = now() where id = tests.id('activity', 'olga''s');
select is(pg_temp.on_days('2026-02-01'), null, 'what is void is nothing done');
update public.activities set voided_at = null where id = tests.id('activity', 'olga''s');
delete from public.earned_badges;
delete from public.badge_definitions where slug in ('two', 'had', 'off', 'year');

-- Berit gets the badge; then it is asked what other criteria would change.
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (tests.id('organisation', 'north'), tests.id('mentor', 'berit'), 'walk', '2026-02-01', 30);
create function pg_temp.changes(criteria jsonb) returns table (mentor uuid, change_kind text, total bigint)
language sql
as $$ select mentor_id, change_kind, total_count from public.compare_criteria(tests.id('badge', 'three'), changes.criteria) $$;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select results_eq(
    $$ select * from pg_temp.changes('{"metric": "minutes_total", "at_least": 120}') $$,
    $$ values (tests.id('mentor', 'olga'), 'gains', 2::bigint), (tests.id('mentor', 'berit'), 'keeps', 2) $$,
    'who would newly get it, and who keeps it'
);
select results_eq(
    $$ select * from pg_temp.changes('{"metric": "activity_count", "at_least": 4}') $$,
    $$ values (tests.id('mentor', 'berit'), 'would_not_have', 1::bigint) $$, 'who has it and would not have got it'
);
select throws_ok($$ select * from pg_temp.changes('{"metric": "x"}') $$, 'PL001', null, 'bad criteria are told');
select throws_ok(
    $$ select * from pg_temp.changes('{"metric": "badge_earned", "badge": "unknown"}') $$, 'PL001', null, 'and a badge that there is not'
);
select results_eq(
    format(
        $$ select mentor_id, total_count from public.compare_criteria(%L, '{"metric": "minutes_total", "at_least": 120}', 1, %s) $$,
        tests.id('badge', 'three'), page
    ),
    format($$ values (%L::uuid, 2::bigint) $$, tests.id('mentor', mentor)), 'a page at a time: ' || mentor
)
from (values (0, 'olga'), (1, 'berit')) as given (page, mentor);
select results_eq(
    format(
        $$ select mentor_id, change_kind from public.compare_criteria(%L, '{"metric": "minutes_total", "at_least": 120}') order by mentor_id $$,
        tests.id('badge', 'ten')
    ),
    $$ select id, 'gains' from public.peer_mentors where display_name in ('olga', 'berit') order by id $$, 'who holds another badge holds that one'
);
select throws_ok(
    format($$ select public.compare_criteria(%L, '{"metric": "tenure_days", "at_least": 4}', -1) $$, tests.id('badge', 'three')), '22023', null,
    'a page has a size'
);
select tests.acts_as('authenticated', tests.id('user', 'sven'));
select throws_ok($$ select * from pg_temp.changes('{"metric": "tenure_days", "at_least": 4}') $$, 'PT404', null, 'not for another organisation');
reset role;
insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on, revoked_at, revoke_reason)
values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('badge', 'ten'), 1, '[]', '2026-01-15', now(), 'Another badge.');
select public.revoke_badge(tests.id('mentor', 'berit'), tests.id('badge', 'three'), 'A test.');
select results_eq(
    $$ select * from pg_temp.changes('{"metric": "minutes_total", "at_least": 120}') $$,
    $$ values (tests.id('mentor', 'olga'), 'gains', 1::bigint) $$, 'a revoked badge is not gained again'
);
select * from finish();
rollback;
