begin;
select plan(17);
select tests.make_two_organisations();
create function pg_temp.entries() returns jsonb language sql as $$
    select jsonb_agg(jsonb_build_object(
        'mentor_id', tests.id('mentor', mentor), 'activity_type', kind, 'occurred_on', occurred_on, 'duration_minutes', minutes
    ) order by position)
    from (
        values
        (0, 'olga', 'walk', '2026-02-01', 30),
        (1, 'olga', 'walk', '2026-02-01', 30),
        (2, 'olga', 'walk', '2026-02-01', 31),
        (3, 'berit', 'walk', '2026-02-01', 30),
        (4, 'olga', 'conversation', '2026-01-15', 60)
    ) as given (position, mentor, kind, occurred_on, minutes)
$$;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select results_eq(
    'select path, severity from public.check_proxy_activities(pg_temp.entries())',
    $$ values ('entries[1]', 'warning'), ('entries[4]', 'warning') $$,
    'inside the bulk and against what is there, also the mentor''s own'
);
select results_eq(
    $$
    select path, severity, reason
    from public.check_proxy_activities(pg_temp.entries() || '[{"mentor_id": 1}]' || jsonb_build_array(pg_temp.entries() -> 2 || '{"duration_minutes": 1400}'))
    where path ~ '5|6'
    $$,
    $$
    values
    ('entries[5].activity_type', 'error', 'is missing'),
    ('entries[5].duration_minutes', 'error', 'is missing'),
    ('entries[5].mentor_id', 'error', 'is not a uuid'),
    ('entries[5].occurred_on', 'error', 'is missing'),
    ('entries[6].duration_minutes', 'error', 'brings the mentor''s activities of that day to 1491 minutes; a day has 1440')
    $$,
    'beside all errors'
);
reset role;
select is((select count(*) from public.activities), 5::bigint, 'looking writes nothing');
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select throws_ok(
    'select public.register_proxy_activities(pg_temp.entries(), refuse_duplicates => true)', 'PL006',
    'Nothing was saved, for 2 reasons. The first: entries[1] is like an earlier entry: same mentor, day, type and duration.',
    'refused if one wants'
);
select is(
    (select count(*) from public.register_proxy_activities(pg_temp.entries())), 5::bigint, 'else accepted, with a warning'
);
select is(
    (select count(*) from public.register_proxy_activity(tests.id('mentor', 'olga'), 'walk', '2026-02-01', 30)), 1::bigint,
    'a single one too'
);
select lives_ok(
    $$ select public.register_proxy_activities('[]'::jsonb || jsonb_build_array(pg_temp.entries() -> 0 || '{"duration_minutes": 5}'), true) $$,
    'what is like nothing else is not refused'
);
select lives_ok(
    $$ select public.register_proxy_activities(jsonb_build_array(pg_temp.entries() -> 0 || '{"duration_minutes": 5}'), null) $$,
    'null is not to refuse'
);
select is_empty(
    $$
    select path, reason
    from public.check_proxy_activities((
        select jsonb_agg(pg_temp.entries() -> 4 || change)
        from unnest(array['{"activity_type": "talk"}', '{"occurred_on": "2026-01-16"}', '{"duration_minutes": 61}']::jsonb[]) as change
    ))
    $$,
    'another type, day or duration is another activity'
);
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select results_eq(
    format(
        'select path, severity from public.check_proxy_activities(%L)',
        (
            select jsonb_agg(pg_temp.entries() -> 4 || jsonb_build_object('mentor_id', tests.id('mentor', 'berit'), 'duration_minutes', minutes))
            from unnest(array[60, 60, 1440]) as minutes
        )
    ),
    $$ values ('entries[0].mentor_id', 'error'), ('entries[1].mentor_id', 'error'), ('entries[2].mentor_id', 'error') $$,
    'of a mentor out of scope nobody is told what is registered'
);
select throws_ok(
    format('select public.check_proxy_activities(%L, %s)', pg_temp.entries(), page), '22023', null, 'not a page: ' || page
)
from unnest(array['page_limit => 1001', 'page_offset => -1']) as page;
select throws_ok(
    format(
        'select public.register_proxy_activity(%L, ''conversation'', ''2026-01-15'', 60, delivery_mode => ''b12345'')', tests.id('mentor', 'olga')
    ),
    '22023', 'Nothing was saved: delivery_mode holds a run of five digits.', 'a fault is said before what looks registered already'
);
select is_empty(
    format('select from public.check_proxy_activities(%L)', jsonb_build_array(pg_temp.entries() -> 4 || '{"duration_minutes": 7}')),
    'while of one in scope all may be well'
);
reset role;
update public.activities set voided_at = now() where true;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is_empty(
    $$ select * from public.check_proxy_activities(jsonb_build_array(pg_temp.entries() -> 0)) $$, 'nothing is like what was voided'
);
select is_empty(
    $$ select * from public.check_proxy_activities(jsonb_build_array(pg_temp.entries() -> 0, pg_temp.entries() -> 3)) $$,
    'nor like another mentor''s'
);
reset role;
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (tests.id('organisation', 'north'), tests.id('mentor', 'berit'), 'walk', '2026-02-01', 30);
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select results_eq(
    $$ select path from public.check_proxy_activities(jsonb_build_array(pg_temp.entries() -> 0, pg_temp.entries() -> 3)) $$,
    array['entries[1]'], 'and of what one mentor did only theirs is'
);
select * from finish();
rollback;
