-- What was taken off the headroom is in no bound yet when the criteria of another badge change: it is counted in at the next look all the same.
begin;
select plan(16);
select tests.make_organisation('north');
select tests.make_organisation('south');
select tests.make_mentor(name, 'north') from unnest('{olga, berit}'::text[]) as name;
insert into public.badge_definitions (organisation_id, slug, name, criteria)
select tests.id('organisation', 'north'), slug, slug, criteria::jsonb
from (
    values
    ('count', '{"metric": "activity_count", "at_least": 6}'), ('minutes', '{"metric": "minutes_total", "at_least": 330}'),
    ('participants', '{"metric": "participants_total", "at_least": 11}'), ('weeks', '{"metric": "consecutive_weeks", "at_least": 6}'),
    ('window', '{"metric": "activity_count", "at_least": 6, "within_days": 36}'), ('other', '{"metric": "distinct_activity_types", "at_least": 8}'),
    ('long', '{"metric": "minutes_total", "at_least": 1000}'), ('cluster', '{"metric": "activity_count", "at_least": 6, "within_days": 7}')
) as badge (slug, criteria);
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'south'), 'theirs', 'Theirs', '{"metric": "distinct_days", "at_least": 3}');
create function pg_temp.add(mentor text, occurred_on date) returns void
language sql
as $$
    insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count)
    values (tests.id('organisation', 'north'), tests.id('mentor', add.mentor), 'visit', add.occurred_on, 60, 2)
$$;
create function pg_temp.held(mentor text) returns text
language sql
as $$
    select string_agg(definition.slug, ', ' order by definition.slug)
    from public.earned_badges as earned
    inner join public.badge_definitions as definition on definition.id = earned.badge_definition_id
    where earned.mentor_id = tests.id('mentor', held.mentor)
$$;
-- Five weeks of one; three of the other, the first of which is registered late.
do $$
begin
    for v_place in 1..5 loop
        perform pg_temp.add('olga', date '2025-12-29' + 7 * v_place);
    end loop;
    perform pg_temp.add('berit', '2026-01-12');
    perform pg_temp.add('berit', '2026-01-19');
    perform pg_temp.add('berit', '2026-01-05');
end
$$;
select results_eq(
    $$
    select added_activities, added_minutes, added_participants, added_late, added_from, added_to
    from private.mentor_measures order by mentor_id = tests.id('mentor', 'berit')
    $$,
    $$
    values
    (4::bigint, 240::bigint, 8::bigint, false, date '2026-01-12', date '2026-02-02'), (2, 120, 4, true, '2026-01-05', '2026-01-19')
    $$, 'all but the first of each were added to nothing but the headroom'
);
select tests.make_mentor('kari', 'north');
do $$
begin
    for v_day in 5..7 loop
        perform pg_temp.add('kari', make_date(2026, 1, v_day));
    end loop;
end
$$;
update public.badge_definitions set criteria = '{"metric": "distinct_activity_types", "at_least": 9}' where slug = 'other';
update public.badge_definitions set criteria = '{"metric": "minutes_total", "at_least": 100}' where slug = 'long';
select is_empty('select from private.check_badge_rollups()', 'of those who wait for their turn nothing is wrong');
-- As when they change while a statement is evaluated that has just been taken off the headroom: of both at once.
select private.refresh_measures(array[tests.id('mentor', 'olga'), tests.id('mentor', 'berit')]);
select results_eq(
    $$
    select added_activities, added_minutes, added_participants, added_late, added_from, added_to, latest_on, headroom, settled_until
    from private.mentor_measures where mentor_id <> tests.id('mentor', 'kari') order by mentor_id = tests.id('mentor', 'berit')
    $$,
    $$
    values
    (4::bigint, 240::bigint, 8::bigint, false, date '2026-01-12', date '2026-02-02', date '2026-02-02', null::jsonb, null::timestamptz),
    (2, 120, 4, true, '2026-01-05', '2026-01-19', '2026-01-19', null, null)
    $$, 'only what changed is worked out, and there is no room until the rest is counted in'
);
select results_eq(
    $$
    select (
        select jsonb_object_agg(measure.metric, (known.measures ->> measure.id::text)::int)
        from private.badge_measures as measure
        where measure.organisation_id = known.organisation_id and measure.metric in ('minutes_total', 'participants_total')
    )
    from private.mentor_measures as known where mentor_id <> tests.id('mentor', 'kari') order by mentor_id = tests.id('mentor', 'berit')
    $$,
    $$ values ('{"minutes_total": 300, "participants_total": 2}'::jsonb), ('{"minutes_total": 180, "participants_total": 2}') $$,
    'the minutes of each, of which another number is asked now'
);
select is_empty('select from private.check_badge_rollups()', 'which is no difference');
select is_empty('select from public.earned_badges', 'five are too few for any of the badges');
select pg_temp.add('olga', '2026-02-09');
select is(pg_temp.held('olga'), 'count, long, minutes, participants, weeks, window', 'after other criteria the sixth earns all of them');
select pg_temp.add('berit', day) from unnest('{2026-01-26, 2026-02-02}'::date[]) as day;
select is(pg_temp.held('berit'), 'long', 'and no fifth');
select pg_temp.add('berit', '2026-02-09');
select is(pg_temp.held('berit'), 'count, long, minutes, participants, weeks, window', 'also where one was late');
select is_empty('select from private.check_badge_rollups()', 'and all is right');

select pg_temp.add('kari', '2026-03-02');
select is(pg_temp.held('kari'), 'long', 'three in a week of January are not six');
select is_empty('select from private.check_badge_rollups()', 'and not forgotten in March');

-- What nobody asks for any more is dropped with the next look, and of another organisation nothing is taken over.
delete from public.badge_definitions where slug = 'other';
update public.badge_definitions set criteria = '{"metric": "activity_count", "at_least": 6, "within_days": 40}' where slug = 'window';
select pg_temp.add('olga', '2026-02-10');
select set_eq(
    $$ select jsonb_object_keys(measures)::bigint from private.mentor_measures where mentor_id = tests.id('mentor', 'olga') $$,
    $$ select id from private.badge_measures where organisation_id = tests.id('organisation', 'north') $$, 'a measure for each that is asked'
);
select is_empty('select from private.check_badge_rollups()', 'each right');

-- After a recount nothing is left to be counted in.
update private.mentor_measures set catalogue_version = null, added_activities = 3, added_minutes = 3, added_participants = 3, added_late = true,
added_from = '2026-01-01', added_to = '2026-01-01';
select public.evaluate_badges(tests.id('mentor', 'olga'));
select results_eq(
    $$
    select added_activities, added_minutes, added_participants, added_late, added_from, added_to, latest_on
    from private.mentor_measures where mentor_id = tests.id('mentor', 'olga')
    $$,
    $$ values (0::bigint, 0::bigint, 0::bigint, false, null::date, null::date, date '2026-02-10') $$, 'a recount begins anew'
);
select set_eq(
    $$ select jsonb_object_keys(measures)::bigint from private.mentor_measures where mentor_id = tests.id('mentor', 'olga') $$,
    $$ select id from private.badge_measures where organisation_id = tests.id('organisation', 'north') $$, 'with the same measures'
);
select * from finish();
rollback;
