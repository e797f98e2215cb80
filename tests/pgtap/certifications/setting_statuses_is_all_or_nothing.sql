-- What the caller reports as changed was changed: of several mentors all take the status, or the error says that not all did.
begin;
select plan(6);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
select tests.make_mentor('berit', 'north');
select tests.make_mentor('sara', 'north');
select tests.set_status('berit', 'paused');
create temporary table history as select id from public.mentor_status_changes;

select throws_ok(
    $$
    select private.set_mentor_status(array[tests.id('mentor', 'olga'), tests.id('mentor', 'berit')], 'paused', 'transition')
    $$,
    'PL002', '1 of 2 mentors could not be changed to the status paused.', 'one who has the status already is an error'
);
select is(tests.status('olga'), 'active', 'and the other keeps theirs');
select lives_ok(
    $$
    select private.set_mentor_status(
        array[tests.id('mentor', 'olga')], 'withdrawn', 'expiry_run', tests.id('run', '1')
    )
    $$, 'all of them is no error'
);
select results_eq(
    $$
    select mentor_id, old_status::text, new_status::text, cause, run_id
    from public.mentor_status_changes where id not in (select history.id from history)
    $$,
    $$ values (tests.id('mentor', 'olga'), 'active', 'withdrawn', 'expiry_run', tests.id('run', '1')) $$,
    'the history knows the cause and the run'
);
select is(
    current_setting('peerledger.status_cause'), '', 'which are not left to the next change in the same transaction'
);
select tests.set_status('sara', 'paused');
select is(
    (select cause from public.mentor_status_changes where mentor_id = tests.id('mentor', 'sara') and new_status = 'paused'),
    (select cause from public.mentor_status_changes where mentor_id = tests.id('mentor', 'berit') and new_status = 'paused'),
    'a later change has a cause of its own'
);
select finish();
rollback;
