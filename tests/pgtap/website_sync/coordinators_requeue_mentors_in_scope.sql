begin;
select plan(21);
select tests.make_two_organisations();
update public.peer_mentors set dynamics_contact_id = tests.id('contact', display_name);
select tests.make_listed_mentor('dead ' || number, 'north', 'oslo') from generate_series(1, 3) as number;
select tests.make_listed_mentor('elsewhere ' || number, 'north', 'bergen') from generate_series(1, 2) as number;
select tests.set_status('dead 3', 'withdrawn');
update public.hlf_sync_state as sync
set state = 'dead_lettered', attempts = 8, last_error = 'x', updated_at = now() - interval '1 day'
from public.peer_mentors as mentor
where mentor.id = sync.mentor_id and (mentor.display_name like 'dead%' or mentor.display_name like 'elsewhere%');

select is(
    tests.outcome(
        actor.role_name, tests.id('user', actor.user_name),
        format('select public.requeue_hlf_sync(%L)', tests.id('mentor', actor.mentor))
    ),
    actor.outcome, format('%s (%s) requeues %s', actor.user_name, actor.role_name, actor.mentor)
)
from (
    values
    ('authenticated', 'nina', 'olga', '1'),
    ('authenticated', 'nina', 'berit', '1'),
    ('authenticated', 'oskar', 'olga', '1'),
    ('authenticated', 'oskar', 'berit', '42501'),
    ('authenticated', 'sven', 'olga', 'PT404'),
    ('authenticated', 'olga', 'olga', '42501'),
    ('authenticated', 'nina', 'nobody', 'PT404'),
    ('anon', null, 'olga', '42501'),
    ('service_role', null, 'sara', '1')
) as actor (role_name, user_name, mentor, outcome);

select results_eq(
    $$ select operation, state, attempts, desired_version, last_error, triggered_by_event
    from public.requeue_hlf_sync(tests.id('mentor', 'dead 1')) $$,
    $$ values ('restore', 'pending', 0, 2::bigint, null::text, 'manual_coordinator_requeue') $$, 'a fresh start'
);

select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select is(public.requeue_dead_letters(tests.id('organisation', 'north'), 1), 1, 'as many as asked for');
reset role;
select results_eq(
    $$ select mentor_id from public.hlf_sync_state
    where triggered_by_event = 'manual_coordinator_requeue' and mentor_id <> tests.id('mentor', 'dead 1') $$,
    array[tests.id('mentor', 'dead 3')], 'the removal first'
);
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select is(public.requeue_dead_letters(tests.id('organisation', 'north')), 1, 'in their chapter');
select is(public.requeue_dead_letters(tests.id('organisation', 'north')), 0, 'no more');
select throws_ok(
    $$ select public.requeue_dead_letters(tests.id('organisation', 'south')) $$, 'PT404', null, 'another organisation is not there'
);
select throws_ok(
    $$ select public.requeue_dead_letters(tests.id('organisation', 'north'), 0) $$, '22023', null, 'none is no number'
);
select throws_ok(
    $$ select public.requeue_dead_letters(tests.id('organisation', 'north'), null) $$, '22023', null, 'nor is nothing'
);
select tests.acts_as('authenticated', tests.id('user', 'olga'));
select throws_ok(
    $$ select public.requeue_dead_letters(tests.id('organisation', 'north')) $$, 'PT404', null, 'not for a mentor'
);
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is(public.requeue_dead_letters(tests.id('organisation', 'north')), 2, 'the coordinator of everything reaches the rest');
reset role;
select is((select count(*) from public.hlf_sync_state where state = 'dead_lettered'), 0::bigint, 'none is left');

-- A mentor whom nothing was ever wanted of.
select tests.make_mentor('new', 'north');
select is((public.requeue_hlf_sync(tests.id('mentor', 'new'))).desired_version, 1::bigint, 'a row is made when there is none');
select finish();
rollback;
