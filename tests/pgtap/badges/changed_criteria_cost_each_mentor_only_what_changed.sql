begin;
select plan(9);
select tests.make_organisation('north');
select tests.make_mentor(name, 'north') from unnest('{olga, berit}'::text[]) as name;
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values
(tests.id('badge', 'many'), tests.id('organisation', 'north'), 'many', 'Many', '{"metric": "activity_count", "at_least": 50}'),
(tests.id('badge', 'hours'), tests.id('organisation', 'north'), 'hours', 'Hours', '{"metric": "minutes_total", "at_least": 100}');
select tests.make_activity(name || number, name) from unnest('{olga, berit}'::text[]) as name cross join generate_series(1, 3) as number;
select is((select count(*) from private.check_badge_rollups()), 0::bigint, 'all is as it should be');

-- A mark on what was known: only what changed is to be worked out again.
create function pg_temp.known(mentor text, metric text) returns int language sql as $$
    select (measured.measures ->> measure.id::text)::int
    from private.mentor_measures as measured
    inner join private.badge_measures as measure on measure.organisation_id = measured.organisation_id
    where measured.mentor_id = tests.id('mentor', known.mentor) and measure.metric = known.metric
$$;
create function pg_temp.mark() returns void language sql as $$
    update private.mentor_measures as measured
    set measures = (select jsonb_object_agg(measure.id, 7) from private.badge_measures as measure), added_activities = 0, headroom = null
$$;
select pg_temp.mark();
update public.badge_definitions set criteria = '{"metric": "minutes_total", "at_least": 110}' where id = tests.id('badge', 'hours');
select tests.make_activity('olga again', 'olga');
select is(pg_temp.known('olga', 'minutes_total'), 240, 'a measure with another threshold is worked out');
select is(pg_temp.known('olga', 'activity_count'), 8, 'one whose thresholds stayed is not: it goes on from what was known');
select is(pg_temp.known('berit', 'minutes_total'), 7, 'and nothing of a mentor who did nothing');
select is(
    (select count(*) from private.mentor_measures where catalogue_version = (select version from private.badge_catalogues)),
    1::bigint, 'who waits for their turn'
);

select pg_temp.mark();
update public.badge_definitions set is_active = false where id = tests.id('badge', 'many');
select tests.make_activity('olga once more', 'olga');
select is(pg_temp.known('olga', 'activity_count'), 8, 'a badge that is switched off changes no measure');
select is(
    (select jsonb_array_length(badges_evaluated) from public.badge_evaluation_logs order by triggered_at desc limit 1),
    1, 'it is only not asked any more'
);

insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'north'), false);
select tests.make_activity('olga in silence', 'olga');
select is((select count(*) from public.badge_evaluation_logs), 8::bigint, 'with badges off nothing is evaluated');
update public.organisation_settings set badges_enabled = true;
select tests.make_activity('olga at last', 'olga');
select is((select count(*) from public.badge_evaluation_logs), 9::bigint, 'and at once when they are on');
select * from finish();
rollback;
