-- From the same beginning, one attempt of each kind: state, attempts and when the next is due.
begin;
create temporary table cases (
    number int generated always as identity, title text, attempts int, newer boolean, code int, kind text, more jsonb, expected text
);
insert into cases (title, attempts, newer, code, kind, more, expected) values
('success ends the count', 3, false, 204, null, '{}', 'synced 0'),
('success of an older version: the newer is due at once, whatever the header says', 3, true, 204, null, '{"retry_after": "300"}', 'pending 0 now'),
('a failure is counted and waits', 3, false, 503, null, '{}', 'pending 4 later'),
('as long as it is told to', 0, false, 503, null, '{"retry_after": "300"}', 'pending 1 in 5 minutes'),
('the last one is counted as well', 7, false, 503, null, '{}', 'dead_lettered 8'),
('and so is what will never succeed', 0, false, 404, null, '{}', 'dead_lettered 1'),
('what fails of an older version is nothing of the newer', 7, true, 503, null, '{}', 'pending 0 now'),
('nor is what never succeeds', 7, true, 404, null, '{"credential_organisations": []}', 'pending 0 now'),
('refused credentials are not counted, not even as the last', 7, false, 401, null, '{}', 'pending 7 now'),
('who shares them is paused, and need not wait', 7, false, null, 'token_refused', '{"credential_organisations": ["north"]}', 'pending 7 now'),
('who does not waits half a minute', 7, false, 401, null, '{"credential_organisations": ["south"]}', 'pending 7 in half a minute'),
('what was not sent is no attempt', 7, false, null, 'not_sent', '{"retry_after": "300"}', 'pending 7 now');
select plan((select count(*)::int from cases) + 34);
select tests.make_organisation('north');
select tests.make_organisation('south');
select tests.make_listed_mentor('olga', 'north');
create temporary view sync as select * from public.hlf_sync_state where mentor_id = tests.id('mentor', 'olga');
create function pg_temp.begin(attempts int) returns void language plpgsql as $$
begin
    delete from public.hlf_sync_pauses where true;
    perform tests.set_status('olga', 'paused');
    perform tests.set_status('olga', 'active');
    update public.hlf_sync_state as sync
    set
        attempts = begin.attempts, state = 'pending', leased_by = null, lease_expires_at = null, next_attempt_at = now(),
        retry_not_before = null, is_doubtful = false, remove_unsettled_until = null, restore_unsettled_until = null;
    perform public.claim_hlf_sync('w', 10, '1 minute');
end
$$;
create function pg_temp.attempt(asked pg_temp.cases) returns text language plpgsql as $$
declare
    v_more jsonb := case
        when asked.more ? 'credential_organisations' then asked.more || jsonb_build_object(
            'credential_organisations',
            array(select tests.id('organisation', name) from jsonb_array_elements_text(asked.more -> 'credential_organisations') as name)
        )
        else asked.more
    end;
begin
    perform pg_temp.begin(asked.attempts);
    if asked.newer then
        perform tests.set_status('olga', 'withdrawn');
    end if;
    perform public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', asked.code, asked.kind) || v_more));
    return (
        select concat_ws(' ', sync.state, sync.attempts, case
            when sync.state <> 'pending' then null
            when wait <= interval '0' then 'now'
            when wait between interval '22 seconds' and interval '30 seconds' then 'in half a minute'
            when wait between interval '299 seconds' and interval '300 seconds' then 'in 5 minutes'
            else 'later'
        end)
        from sync
        cross join lateral (select sync.next_attempt_at - clock_timestamp() as wait) as due
    );
end
$$;
select is(pg_temp.attempt(cases), expected, title) from cases order by number;

-- Which requests may still be carried out. An answer of Dynamics itself, or none sent, settles it.
create function pg_temp.may_arrive(code int, kind text) returns boolean language plpgsql as $$
begin
    perform pg_temp.begin(0);
    perform public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', may_arrive.code, may_arrive.kind)));
    return (select sync.restore_unsettled_until is not null from sync);
end
$$;
select is(pg_temp.may_arrive(code, kind), answer, format('%s %s: %s', code, kind, case when answer then 'may still arrive' else 'is settled' end))
from (
    values
    (null, 'timeout', true), (null, 'connection', true), (408, null, true), (500, null, true), (502, null, true), (504, null, true),
    (503, null, false), (429, null, false), (404, null, false), (204, null, false), (504, 'token_unavailable', false)
) as given (code, kind, answer);
-- An answer ends the outage of whose credentials it came by.
delete from public.hlf_sync_pauses where true;
select tests.make_listed_mentor('solveig', 'south');
select pg_temp.begin(0);
select public.pause_hlf_sync(null, 'outage');
select public.complete_hlf_sync(jsonb_build_array(
    tests.sync_result('olga', 204) || jsonb_build_object('credential_organisations', array[tests.id('organisation', 'north')]),
    tests.sync_result('solveig', 503) || jsonb_build_object('credential_organisations', array[tests.id('organisation', 'south')])
));
select results_eq(
    'select organisation_id from public.hlf_sync_pauses', array[tests.id('organisation', 'south')], 'who got no answer waits on'
);
update public.hlf_sync_state set state = 'synced', applied_version = desired_version, leased_by = null, lease_expires_at = null
where mentor_id = tests.id('mentor', 'solveig');

-- What the row says of it.
create function pg_temp.error(attempts int, code int, kind text) returns text language plpgsql as $$
begin
    perform pg_temp.begin(error.attempts);
    perform public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', error.code, error.kind)));
    return (select coalesce(sync.last_error, 'nothing') from sync);
end
$$;
select is(pg_temp.error(attempts, code, kind), error, error)
from (
    values
    (0, null, 'not_sent', 'nothing'), (7, 404, null, 'Dynamics has no such contact. (HTTP 404)'),
    (7, 503, null, 'Dynamics had a failure of its own. (HTTP 503) Given up after 8 attempts.')
) as given (attempts, code, kind, error);
-- Any answer of Dynamics ends an outage, also one that nobody likes.
select pg_temp.begin(0);
select public.pause_hlf_sync(null, 'outage');
select public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', 404)));
select is_empty('select from public.hlf_sync_pauses', 'a refusal is an answer');
-- What was confirmed stays so while it is sent again, and not while the opposite is.
update public.hlf_sync_state set state = 'synced', confirmed_operation = 'restore' where mentor_id = tests.id('mentor', 'olga');
select public.requeue_hlf_sync(tests.id('mentor', 'olga'));
select public.claim_hlf_sync('w', 10, '1 minute');
select is((select confirmed_operation from sync), 'restore', 'listed, and to be listed');
select tests.set_status('olga', 'paused');
update public.hlf_sync_state set state = 'pending', leased_by = null, lease_expires_at = null where mentor_id = tests.id('mentor', 'olga');
select public.claim_hlf_sync('w', 10, '1 minute');
select is((select confirmed_operation from sync), null, 'listed, and to be taken off: nobody knows');
-- A removal is called off once.
update public.hlf_removals set cancelled_at = '2026-01-01', confirmed_at = null where mentor_id = tests.id('mentor', 'olga');
select tests.set_status('olga', 'active');
select is(max(cancelled_at), timestamptz '2026-01-01', 'what was called off stays called off since then')
from public.hlf_removals where mentor_id = tests.id('mentor', 'olga') and cancelled_at is not null;

-- Whose attempt it is.
select pg_temp.begin(0);
select is(
    (
        select done.reason
        from public.complete_hlf_sync(jsonb_build_array(tests.sync_result('olga', 204) || jsonb_build_object('desired_version', version))) as done
    ), 'lease_lost', 'of a version that was not claimed nothing is taken: ' || version
)
from (values (1000000)) as given (version);
select public.requeue_hlf_sync(tests.id('mentor', 'olga'));
update public.hlf_sync_state set claimed_version = null, claimed_operation = null, claimed_event = null where true;
select results_eq(
    $$
    select accepted, state from public.complete_hlf_sync((
        select jsonb_build_array(tests.sync_result('olga', 503) || jsonb_build_object('desired_version', sync.desired_version)) from sync
    ))
    $$,
    $$ values (true, 'pending') $$, 'a lease from before it was recorded what it is for'
);
select results_eq(
    $$ select operation, triggered_by_event from public.hlf_sync_audit_log order by created_at desc limit 1 $$,
    $$ values ('restore', 'manual_coordinator_requeue') $$, 'is for what is wanted'
);

-- A shared contact: given up is given up, though nobody needs it any more.
select tests.make_listed_mentor(name, 'south') from unnest(array['sara', 'siri', 'sofie']) as name;
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'sara') where id = tests.id('mentor', 'siri');
update public.hlf_sync_state set state = 'synced', applied_version = desired_version, leased_by = null, lease_expires_at = null where true;
delete from public.ops_alerts where true;
insert into public.organisation_settings (organisation_id, sync_max_attempts) values (tests.id('organisation', 'south'), 1);
select tests.set_status(name, 'withdrawn') from unnest(array['siri', 'sofie']) as name;
update public.hlf_sync_state set state = 'in_progress', leased_by = 'mortal', lease_expires_at = now() - interval '1 second'
where mentor_id in (tests.id('mentor', 'siri'), tests.id('mentor', 'sofie'));
update public.peer_mentors set dynamics_contact_id = null where id = tests.id('mentor', 'sofie');
delete from public.ops_alerts where kind = 'website_contact_changed';
select is_empty($$ select public.claim_hlf_sync('w', 10, '1 minute') $$, 'the only attempt was lost');
select is(
    (select count(*) from public.hlf_sync_audit_log where mentor_id = tests.id('mentor', 'sofie')), 1::bigint,
    'which is on record once, also of one who cannot be reached any more'
);
select is(
    (select string_agg(state, ' ') from public.hlf_sync_state where mentor_id in (tests.id('mentor', 'siri'), tests.id('mentor', 'sofie'))),
    'dead_lettered dead_lettered', 'and that is for a person to see'
);
select is(
    (select details from public.ops_alerts where kind = 'dead_letters'),
    jsonb_build_object(
        'mentors', 2, 'removals', 2, 'first_mentor_id', least(tests.id('mentor', 'siri'), tests.id('mentor', 'sofie'))
    ), 'who is told how many, and with whom to begin'
);
-- Removals are what a person looks at first.
update public.ops_alerts set acknowledged_at = now() where acknowledged_at is null;
select tests.make_listed_mentor(name, 'south') from unnest(array['a', 'b', 'c', 'd', 'e', 'f']) as name;
select tests.set_status('c', 'withdrawn');
update public.hlf_sync_state set next_attempt_at = now() where state = 'pending';
select public.claim_hlf_sync('w', 100, '1 minute');
select public.complete_hlf_sync((
    select jsonb_agg(tests.sync_result(name, 404) order by name) from unnest(array['a', 'b', 'c', 'd', 'e', 'f']) as name
));
select is(
    (select details - 'mentors' from public.ops_alerts where kind = 'dead_letters' and acknowledged_at is null),
    jsonb_build_object('removals', 1, 'first_mentor_id', tests.id('mentor', 'c')), 'the removal before the others'
);

-- Who cannot be reached is found out by who works for their organisation.
select tests.make_mentor('unknown', 'south');
select tests.set_status('unknown', 'paused');
select public.claim_hlf_sync('w', 1, '1 minute', organisation_ids => array[tests.id('organisation', 'north')]);
select tests.set_status('olga', 'paused');
select public.claim_hlf_sync('w', 1, '1 minute', organisation_ids => array[tests.id('organisation', 'north')]);
select is((select state from public.hlf_sync_state where mentor_id = tests.id('mentor', 'unknown')), 'pending', 'and by nobody else');
select tests.set_status('olga', 'active');

-- Probes: of the organisations asked for, and whatever another has.
delete from public.hlf_sync_pauses where true;
update public.hlf_sync_state set state = 'pending', leased_by = null, lease_expires_at = null, next_attempt_at = now()
where organisation_id = tests.id('organisation', 'north');
select public.pause_hlf_sync(array[tests.id('organisation', 'north')], 'outage');
select public.pause_hlf_sync(array[tests.id('organisation', 'south')], 'operator');
update public.hlf_sync_pauses set next_probe_at = now() where reason = 'outage';
select is_empty(
    $$ select from public.claim_hlf_sync('w', 10, '1 minute', organisation_ids => array[tests.id('organisation', 'south')]) $$,
    'who works for another organisation does not probe'
);
select is((select next_probe_at from public.hlf_sync_pauses where reason = 'outage'), now(), 'nor takes the turn of who does');
select is(
    (select count(*) from public.claim_hlf_sync('w', 10, '1 minute', organisation_ids => array[tests.id('organisation', 'north')])), 1::bigint,
    'who works for it does, though another is stopped by hand'
);
update public.hlf_sync_state set state = 'pending', leased_by = null, lease_expires_at = null, next_attempt_at = now()
where organisation_id = tests.id('organisation', 'north');
update public.hlf_sync_pauses set next_probe_at = now() where reason = 'outage';
select tests.make_listed_mentor('oda', 'north');
select is((select count(*) from public.claim_hlf_sync('w', 10, '1 minute', ignore_pause => null)), 1::bigint, 'null is not to ignore it');
update public.hlf_sync_state set state = 'pending', leased_by = null, lease_expires_at = null, next_attempt_at = now()
where organisation_id = tests.id('organisation', 'north');
update public.hlf_sync_pauses set next_probe_at = now() where reason = 'outage';
select is(
    (select count(*) from public.claim_hlf_sync('w', 10, '1 minute', true, array[tests.id('organisation', 'north')])), 2::bigint,
    'who ignores it does not probe'
);
update public.hlf_sync_state set state = 'pending', leased_by = null, lease_expires_at = null, next_attempt_at = now()
where organisation_id = tests.id('organisation', 'north');
select public.pause_hlf_sync();
select is_empty($$ select from public.claim_hlf_sync('w', 10, '1 minute', ignore_pause => null) $$, 'nor is it what somebody stopped by hand');
select * from finish();
rollback;
