begin;
select plan(7);
select tests.make_two_organisations();

-- As supabase-js sends it: every column, and all of them again when the row is there.
create function pg_temp.upsert(activity text, mentor text, coordinator text, minutes int) returns text
language sql
as $$
    select format(
        'insert into public.activities (id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes) '
        'values (%L, %L, %L, %L, %L, %L, %s) on conflict (id) do update set id = excluded.id, '
        'organisation_id = excluded.organisation_id, mentor_id = excluded.mentor_id, coordinator_id = excluded.coordinator_id, '
        'activity_type = excluded.activity_type, occurred_on = excluded.occurred_on, duration_minutes = excluded.duration_minutes',
        tests.id('activity', upsert.activity), tests.id('organisation', 'north'), tests.id('mentor', upsert.mentor),
        tests.id('user', upsert.coordinator), 'besøk', '2026-02-01', upsert.minutes
    )
$$;

select tests.acts_as('authenticated', tests.id('user', 'olga'));
select lives_ok(pg_temp.upsert('new', 'olga', null, 30), 'a mentor registers by upsert, in Norwegian');
select lives_ok(pg_temp.upsert('new', 'olga', null, 30), 'sending the same again is harmless');
select lives_ok(pg_temp.upsert('new', 'olga', null, 45), 'what was done may change');
select results_eq(
    $$ select count(*), max(duration_minutes) from public.activities where id = tests.id('activity', 'new') $$,
    $$ values (1::bigint, 45) $$, 'it is one activity'
);

select tests.acts_as('authenticated', tests.id('user', 'nina'));
select lives_ok(pg_temp.upsert('by nina', 'olga', 'nina', 30), 'a coordinator the same');
select throws_ok(
    pg_temp.upsert('by nina', 'berit', 'nina', 30), '42501', null, 'but whose activity it is does not change this way'
);
select is(
    (select mentor_id from public.activities where id = tests.id('activity', 'by nina')), tests.id('mentor', 'olga'),
    'and did not'
);
select finish();
rollback;
