begin;
select plan(16);
select tests.make_two_organisations();
create function pg_temp.send(more jsonb default '{}') returns setof uuid language sql as $$
    select activity.id
    from public.register_proxy_activities(jsonb_build_array(
        jsonb_build_object(
            'id', tests.id('activity', 'new'), 'mentor_id', tests.id('mentor', 'olga'), 'activity_type', 'walk',
            'occurred_on', '2026-02-01', 'duration_minutes', 700
        ) || send.more
    )) as activity
$$;
create function pg_temp.state() returns text language sql security definer as $$
    select (select count(*) from public.activities) || ' ' || (select count(*) from public.proxy_audit_log)
$$;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is(pg_temp.send(), tests.id('activity', 'new'), 'the first time');
select is(pg_temp.state(), '6 3', 'it is registered and logged');
select is(pg_temp.send(), tests.id('activity', 'new'), 'the second time it comes back');
select is(
    (public.register_proxy_activity(tests.id('mentor', 'olga'), 'walk', '2026-02-01', 700, tests.id('activity', 'new'))).id,
    tests.id('activity', 'new'), 'by the other RPC too'
);
select is(pg_temp.state(), '6 3', 'nothing was added, and the day is not too long');
select public.update_proxy_activity(tests.id('activity', 'new'), jsonb_build_object('mentor_id', tests.id('mentor', 'berit'), 'duration_minutes', 45));
select is(pg_temp.send(), tests.id('activity', 'new'), 'sent once more after somebody corrected it, it comes back as it stands');
select is(pg_temp.state(), '6 4', 'and nothing was added');
select is(
    pg_temp.send(jsonb_build_object('mentor_id', tests.id('mentor', 'berit'), 'duration_minutes', 45)), tests.id('activity', 'new'),
    'as corrected, too'
);
select is(
    (
        select activity.id
        from public.register_proxy_activities(
            jsonb_build_array(jsonb_build_object(
                'id', tests.id('activity', 'new'), 'mentor_id', tests.id('mentor', 'olga'), 'activity_type', 'walk',
                'occurred_on', '2026-02-01', 'duration_minutes', 700
            )), refuse_duplicates => true
        ) as activity
    ), tests.id('activity', 'new'), 'it is no duplicate of itself'
);
select public.register_proxy_activity(tests.id('mentor', 'olga'), 'walk', '2026-02-05', 30, tests.id('activity', 'single'));
select public.update_proxy_activity(tests.id('activity', 'single'), '{"duration_minutes": 31}');
select is(
    (public.register_proxy_activity(tests.id('mentor', 'olga'), 'walk', '2026-02-05', 30, tests.id('activity', 'single'))).duration_minutes, 31,
    'a single one that was corrected as well'
);
reset role;
insert into public.organisation_settings (organisation_id, activity_types) values (tests.id('organisation', 'north'), '{talk}');
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is(pg_temp.send(), tests.id('activity', 'new'), 'nor is it judged by limits that are newer than it');
reset role;
delete from public.organisation_settings where true;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select throws_ok(
    $$ select pg_temp.send('{"duration_minutes": 701}') $$, 'PL006',
    'Nothing was saved: entries[0].id cannot be used: leave it out, or choose another.', 'the same id with other contents is another activity'
);
select throws_ok(
    $$ select public.register_proxy_activity(tests.id('mentor', 'olga'), 'walk', '2026-02-01', 701, tests.id('activity', 'new')) $$,
    '22023', 'Nothing was saved: id cannot be used: leave it out, or choose another.', 'one by one as well'
);
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select throws_ok(
    'select pg_temp.send()', 'PL006', 'Nothing was saved: entries[0].id cannot be used: leave it out, or choose another.',
    'so is the same from another coordinator'
);
select is(
    tests.outcome('authenticated', tests.id('user', 'nina'), format(
        'insert into public.activities (id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes) '
        'values (%L, %L, %L, %L, ''walk'', ''2026-02-01'', 30) on conflict (id) do nothing',
        tests.id('activity', 'new'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('user', 'nina')
    ), 'public.proxy_audit_log'),
    '0', 'a plain insert that finds it there leaves no entry'
);
reset role;
select is(pg_temp.state(), '7 6', 'nothing more came of all that');
select * from finish();
rollback;
