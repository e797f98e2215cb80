begin;
select plan(24);
select tests.make_two_organisations();
select tests.make_listed_mentor('ada-' || number, 'north') from generate_series(1, 2) as number;
select tests.make_listed_mentor('cecilie', 'south');
update public.hlf_sync_state set state = 'synced' where mentor_id not in (
    select id from public.peer_mentors where display_name like 'ada-%' or display_name = 'cecilie'
);
create function pg_temp.claimed() returns bigint language sql as $$
    select count(*) from public.claim_hlf_sync('w', 10, '1 minute')
$$;
-- As after so long: what a probe waits for comes by itself.
create function pg_temp.time_passes() returns void language sql as $$
    update public.hlf_sync_pauses set next_probe_at = next_probe_at - interval '2 minutes' where next_probe_at is not null
$$;
-- The request of the north that is under way is answered.
create function pg_temp.answer(code int) returns text language sql as $$
    select string_agg(done.outcome, ',')
    from public.hlf_sync_state as sync
    cross join lateral public.complete_hlf_sync(
        jsonb_build_array(
            jsonb_build_object(
                'mentor_id', sync.mentor_id, 'desired_version', sync.claimed_version, 'worker', 'w',
                'dynamics_response_code', answer.code,
                'credential_organisations', jsonb_build_array(sync.organisation_id)
            )
        )
    ) as done
    where sync.state = 'in_progress' and sync.organisation_id = tests.id('organisation', 'north')
$$;
create function pg_temp.next_probe() returns int language sql as $$
    select round(extract(epoch from min(next_probe_at) - clock_timestamp())) from public.hlf_sync_pauses
$$;
select is(public.pause_hlf_sync(array[tests.id('organisation', 'north')], 'outage'), 1, 'an outage pauses');
select is(pg_temp.next_probe(), 1, 'for a second at first');
select is(pg_temp.claimed(), 1::bigint, 'others go on');
select is((select leased_by from public.hlf_sync_state where organisation_id = tests.id('organisation', 'south')), 'w', 'those of the other organisation');
select is(public.pause_hlf_sync(array[tests.id('organisation', 'north')], 'outage'), 0, 'still going on: it is no new pause');
select is(pg_temp.next_probe(), 2, 'but twice as long until the next try');
select public.pause_hlf_sync(array[tests.id('organisation', 'north')], 'outage') from generate_series(1, 9);
select is(pg_temp.next_probe(), 60, 'and a minute at most');
select public.pause_hlf_sync(array[tests.id('organisation', 'north')], 'outage', '2 minutes');
select is(pg_temp.next_probe(), 120, 'not before what a Retry-After asks for');
select public.pause_hlf_sync(array[tests.id('organisation', 'north')], 'outage', '1 day');
select is(pg_temp.next_probe(), 300, 'of which five minutes are believed');

select pg_temp.time_passes() from generate_series(1, 3);
select is(pg_temp.claimed(), 1::bigint, 'when it is time one mentor is tried');
select is(pg_temp.claimed(), 0::bigint, 'and nobody beside');
select is(pg_temp.next_probe(), 60, 'until the lease has ended');
select is(pg_temp.answer(503), 'retry', 'it fails, too');
select is((select count(*) from public.hlf_sync_pauses), 1::bigint, 'a failure does not end it');

select public.pause_hlf_sync(array[tests.id('organisation', 'north')], 'operator');
select pg_temp.time_passes();
select is(pg_temp.claimed(), 0::bigint, 'no probe where an operator has paused as well');
select is(public.resume_hlf_sync(), 1, 'who resumes their own pause alone');
select is(pg_temp.claimed(), 1::bigint, 'then there is one');
select is(pg_temp.answer(204), 'success', 'and it succeeds');
select is((select count(*) from public.hlf_sync_pauses), 0::bigint, 'an answer ends it');
select ok(
    tests.outcome('authenticated', null, 'select public.pause_hlf_sync(null, ''outage'')') = '42501',
    'for the service role'
);
select throws_ok($$ select public.pause_hlf_sync(null, 'tired') $$, '22023', null, 'a reason that nothing would end');

-- Each organisation has its own probe, and none that has nothing to send.
update public.hlf_sync_state set state = 'pending', leased_by = null, lease_expires_at = null, next_attempt_at = now();
update public.hlf_sync_state set next_attempt_at = now() + interval '1 hour' where organisation_id = tests.id('organisation', 'south');
select public.pause_hlf_sync(null, 'outage');
update public.hlf_sync_pauses set next_probe_at = now();
create temporary table probes as select organisation_id, next_probe_at from public.hlf_sync_pauses;
create function pg_temp.probed() returns text language sql as $$
    select string_agg(organisation.slug, ' ' order by organisation.slug)
    from public.hlf_sync_pauses as pause
    inner join pg_temp.probes using (organisation_id)
    inner join public.organisations as organisation on organisation.id = pause.organisation_id
    where pause.next_probe_at <> probes.next_probe_at
$$;
select is(pg_temp.claimed(), 1::bigint, 'one mentor is tried');
select is(pg_temp.probed(), 'north', 'of the organisation that has something to send');
update public.hlf_sync_state set next_attempt_at = now() where organisation_id = tests.id('organisation', 'south');
update public.hlf_sync_pauses set next_probe_at = next_probe_at + interval '1 hour' where organisation_id = tests.id('organisation', 'south');
delete from probes;
insert into probes select organisation_id, next_probe_at from public.hlf_sync_pauses;
select pg_temp.claimed();
select is(pg_temp.probed(), null, 'and none before its time');
select * from finish();
rollback;
