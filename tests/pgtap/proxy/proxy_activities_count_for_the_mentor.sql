begin;
select plan(6);
select tests.make_two_organisations();
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), 'five', 'Five', '{"metric": "activity_count", "at_least": 5}');
create function pg_temp.holders() returns setof text language sql security definer as $$
    select mentor.display_name
    from public.earned_badges as earned
    inner join public.peer_mentors as mentor on mentor.id = earned.mentor_id
    order by 1
$$;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select public.register_proxy_activity(tests.id('mentor', 'olga'), 'walk', date '2026-02-01' + number, 30)
from generate_series(1, 2) as number;
select is_empty('select pg_temp.holders()', 'four of five');
select public.register_proxy_activity(tests.id('mentor', 'olga'), 'walk', '2026-02-06', 30);
select results_eq('select pg_temp.holders()', array['olga'], 'the fifth awards the badge at once');
select count(*) from public.register_proxy_activities((
    select jsonb_agg(jsonb_build_object(
        'mentor_id', tests.id('mentor', 'berit'), 'activity_type', 'walk', 'occurred_on', date '2026-02-01' + number, 'duration_minutes', 30
    ))
    from generate_series(1, 3) as number
));
select results_eq('select pg_temp.holders()', array['berit', 'olga'], 'and so does a bulk');
reset role;
select is_empty('select * from private.check_badge_rollups()', 'everything is counted');
select public.update_proxy_activity(tests.id('activity', 'nina for olga'), jsonb_build_object('mentor_id', tests.id('mentor', 'berit')));
select is_empty('select * from private.check_badge_rollups()', 'also when it turns out to have been another mentor');

select tests.acts_as('authenticated', tests.id('user', 'olga'));
select results_eq(
    $$
    select occurred_on, coordinator_id = tests.id('user', 'nina') from public.activities
    where coordinator_id is not null
    order by occurred_on
    $$,
    $$ values (date '2026-02-02', true), ('2026-02-03', true), ('2026-02-06', true) $$,
    'the mentor sees what was registered for them, and on whose word'
);
select * from finish();
rollback;
