begin;
select plan(13);
select tests.make_two_organisations();
select tests.make_chapter('far', 'south');
create function pg_temp.move(chapter uuid) returns text language sql as $$
    select format('select public.move_mentor(%L, %L)', tests.id('mentor', 'olga'), move.chapter)
$$;
select is(tests.outcome(role_name, tests.id('user', user_name), pg_temp.move(tests.id('chapter', 'bergen'))), expected, description)
from (
    values
    ('authenticated', 'nina', '1', 'a coordinator of the whole organisation may'),
    ('service_role', null, '1', 'so may the service role'),
    ('authenticated', 'oskar', '42501', 'one of a chapter may not: they would give away, or take'),
    ('authenticated', 'sven', 'PT404', 'for another organisation''s there is no such mentor'),
    ('authenticated', 'olga', '42501', 'nor may the mentor'),
    ('anon', null, '42501', 'nor anon')
) as actor (role_name, user_name, expected, description);

select tests.acts_as('authenticated', tests.id('user', 'nina'));
select throws_ok(pg_temp.move(tests.id('chapter', 'far')), 'PT404', null, 'a chapter of another organisation is not there');
select results_eq(
    format('select chapter_id from public.move_mentor(%L, %L)', tests.id('mentor', 'olga'), tests.id('chapter', 'bergen')),
    array[tests.id('chapter', 'bergen')], 'she moves'
);
select lives_ok(pg_temp.move(tests.id('chapter', 'bergen')), 'a second time is harmless');
reset role;
select is(
    tests.outcome('authenticated', tests.id('user', 'oskar'), format(
        'select public.register_proxy_activity(%L, ''walk'', ''2026-02-01'', 30)', tests.id('mentor', 'olga')
    )), '42501', 'the coordinator of her former chapter acts for her no more'
);
select results_eq(
    $$ select change_kind, changed_by from public.administrative_changes where subject_id = tests.id('mentor', 'olga') and change_kind <> 'added' $$,
    $$ values ('moved', tests.id('user', 'nina')) $$, 'on record, once'
);
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select results_eq(
    format('select chapter_id from public.move_mentor(%L, null)', tests.id('mentor', 'olga')), array[null::uuid], 'into no chapter'
);
reset role;
select is((select count(*) from public.activities where mentor_id = tests.id('mentor', 'olga')), 2::bigint, 'what she did is hers');
select * from finish();
rollback;
