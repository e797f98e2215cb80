begin;
select plan(22);
select tests.make_organisation('north');
select tests.make_organisation('south');
select tests.make_listed_mentor('restore ' || number, 'north') from generate_series(1, 5) as number;
select tests.make_listed_mentor('remove ' || number, 'north') from generate_series(1, 5) as number;
update public.peer_mentors set status = 'paused' where display_name like 'remove%';
update public.hlf_sync_state as sync
set next_attempt_at = now() - make_interval(mins => right(mentor.display_name, 1)::int)
from public.peer_mentors as mentor
where mentor.id = sync.mentor_id;

prepare claimed (int) as
select mentor.display_name
from public.claim_hlf_sync('w', $1, '1 minute') as claimed
inner join public.peer_mentors as mentor on mentor.id = claimed.mentor_id;

select results_eq('execute claimed (2)', array['remove 5', 'remove 4'], 'the removals that waited longest');
select bag_eq('execute claimed (4)', array['remove 3', 'remove 2', 'remove 1', 'restore 5'], 'then, once they are out, a restore');
select is((select count(*) from public.claim_hlf_sync('other', 1000, '1 minute')), 4::bigint, 'each mentor once, also for another worker');
select is_empty('execute claimed (1000)', 'then nothing is due');
select results_eq(
    $$
    select state, leased_by, lease_expires_at between now() and clock_timestamp() + '1 minute', claimed_version
    from public.hlf_sync_state where mentor_id = tests.id('mentor', 'remove 1')
    $$,
    $$ values ('in_progress', 'w', true, 2::bigint) $$, 'the lease is on the row'
);
select results_eq(
    $$ select organisation_id, operation, desired_version, attempts, dynamics_contact_id, lease_expires_at > now()
    from public.claim_hlf_sync('w', 10, '1 minute') $$,
    $$ select tests.id('x', 'y'), '', 0::bigint, 0, tests.id('x', 'y'), true where false $$, 'still nothing'
);
select is_empty('select from public.hlf_sync_audit_log', 'a claim is no attempt yet');

-- Given back, not due, paused, switched off.
update public.hlf_sync_state set state = 'pending', leased_by = null, lease_expires_at = null, next_attempt_at = now();
update public.hlf_sync_state set next_attempt_at = now() + interval '1 hour' where operation = 'remove';
select is((select count(*) from public.claim_hlf_sync('w', 1, '1 minute')), 1::bigint, 'what waits for its time is left');
select is(public.pause_hlf_sync(), 2, 'an operator stops everything');
select is_empty('execute claimed (1000)', 'nothing of a paused organisation');
select is((select count(*) from public.claim_hlf_sync('w', 1, '1 minute', true)), 1::bigint, 'but for who ignores the pause');
select is(public.record_credential_check(true), 0, 'credentials were not why');
select is(public.resume_hlf_sync(array[tests.id('organisation', 'south')]), 1, 'one organisation again');
select is_empty('execute claimed (1000)', 'not this one');
select is(public.resume_hlf_sync(), 1, 'the other too');
insert into public.organisation_settings (organisation_id, website_sync_enabled) values (tests.id('organisation', 'north'), false);
select is_empty($$ select from public.claim_hlf_sync('w', 10, '1 minute', true) $$, 'switched off: not even then');
update public.organisation_settings set website_sync_enabled = true where organisation_id = tests.id('organisation', 'north');
select is_empty(
    $$ select from public.claim_hlf_sync('w', 10, '1 minute', organisation_ids => array[tests.id('organisation', 'south')]) $$,
    'only the organisations asked for'
);
select is((select count(*) from public.claim_hlf_sync('w', 10, '1 minute')), 3::bigint, 'all that is due');

select throws_ok($$ select public.claim_hlf_sync('w', 0, '1 minute') $$, '22023', null, 'a batch of none');
select throws_ok($$ select public.claim_hlf_sync('w', 1001, '1 minute') $$, '22023', null, 'a batch too many');
select throws_ok($$ select public.claim_hlf_sync('w', 1, '0') $$, '22023', null, 'a lease of nothing');
select throws_ok($$ select public.claim_hlf_sync(' ', 1, '1 minute') $$, '22023', null, 'nobody');
select finish();
rollback;
