begin;
select plan(13);
select tests.make_two_organisations();
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), 'a', 'A', '{"any": [{"metric": "minutes_total", "at_least": 240}, {"metric": "distinct_days", "at_least": 4}]}');
update public.peer_mentors set user_id = null where id = tests.id('mentor', 'berit');

select tests.acts_as('authenticated', tests.id('user', 'nina'));
select set_eq(
    $$ select mentor_id, qualified_on, would_notify
    from public.preview_badge(tests.id('organisation', 'north'), '{"metric": "activity_count", "at_least": 2}') $$,
    $$ values
    (tests.id('mentor', 'olga'), date '2026-01-15', true),
    (tests.id('mentor', 'berit'), '2026-01-15', false) $$,
    'who would get it, since when, and whom a message would reach'
);
reset role;
insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'north'), false);
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is(
    (
        select array_agg(distinct would_notify)
        from public.preview_badge(tests.id('organisation', 'north'), '{"metric": "activity_count", "at_least": 2}')
    ),
    '{false}', 'with badges switched off nobody is told'
);
select throws_ok(
    $$ select public.preview_badge(tests.id('organisation', 'south'), '{"metric": "activity_count", "at_least": 2}') $$,
    'PT404', null, 'not for another organisation'
);
select throws_ok(
    $$ select public.preview_badge(tests.id('organisation', 'north'), '{"metric": "x"}') $$, 'PL001', null, 'bad criteria are told'
);
select results_eq(
    format(
        'select mentor_id, total_count from public.preview_badge(%L, ''{"metric": "activity_count", "at_least": 2}'', 1, %s)',
        tests.id('organisation', 'north'), number
    ),
    format(
        'select id, 2::bigint from public.peer_mentors where organisation_id = %L order by id offset %s limit 1',
        tests.id('organisation', 'north'), number
    ),
    format('page %s of two, and how many there are', number + 1)
)
from generate_series(0, 1) as number;
select throws_ok(
    $$ select public.preview_badge(tests.id('organisation', 'north'), '{"metric": "x"}', -1) $$, '22023', null, 'a page has a size'
);
reset role;
select is((select count(*) from public.badge_definitions), 1::bigint, 'nothing was written');
select is(
    (select last_value from private.badge_measures_id_seq),
    (select max(id) from private.badge_measures), 'nor was a number used up'
);
select is(
    (select provolatile from pg_proc where proname = 'preview_badge'), 's', 'so it can be asked read only'
);

select tests.acts_as('authenticated', tests.id('user', 'olga'));
select results_eq(
    $$ select leaf_path, value, threshold, share, is_earned from public.get_badge_progress(tests.id('mentor', 'olga')) $$,
    $$ values ('$.any[0]', 120::bigint, 240::bigint, 0.5000, false), ('$.any[1]', 1, 4, 0.2500, false) $$,
    'a mentor sees how far they are'
);
select throws_ok(
    $$ select public.get_badge_progress(tests.id('mentor', 'berit')) $$, 'PT404', null, 'and not how far a colleague is'
);
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is((select count(*) from public.get_badge_progress(tests.id('mentor', 'berit'))), 2::bigint, 'a coordinator does');
select finish();
rollback;
