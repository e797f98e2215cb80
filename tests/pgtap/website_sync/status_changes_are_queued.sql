begin;
select plan(27);
select tests.make_organisation('north');
create temporary view sync as select * from public.hlf_sync_state where mentor_id = tests.id('mentor', 'olga');

select tests.make_listed_mentor('olga', 'north');
select tests.make_mentor('berit', 'north');
select results_eq(
    'select operation, desired_version, applied_version, state, triggered_by_event from sync',
    $$ values ('restore', 1::bigint, 0::bigint, 'pending', 'status_change:active') $$, 'a new mentor is to be listed'
);
select is_empty(
    $$ select from public.hlf_sync_state where mentor_id = tests.id('mentor', 'berit') $$,
    'one whom Dynamics does not know is not'
);

select tests.set_status('olga', 'paused');
select results_eq(
    'select operation, desired_version, state, triggered_by_event from sync',
    $$ values ('remove', 2::bigint, 'pending', 'status_change:paused') $$, 'a newer change replaces the one not sent'
);
select tests.set_status('olga', 'paused');
update public.peer_mentors set display_name = 'Olga Two', phone = '1' where id = tests.id('mentor', 'olga');
select is((select desired_version from sync), 2::bigint, 'the same status, or another column, is no change');
select tests.set_status('olga', 'expired_cert');
select is((select triggered_by_event from sync), 'status_change:expired_cert', 'expired: to be removed');
select tests.set_status('olga', 'withdrawn');
select is((select operation || ' ' || triggered_by_event from sync), 'remove status_change:withdrawn', 'withdrawn: to be removed');
select tests.set_status('olga', 'active');
select is((select operation || ' ' || triggered_by_event from sync), 'restore status_change:active', 'active: to be listed');
select is((select count(*) from public.hlf_sync_state), 1::bigint, 'one row a mentor');

select tests.set_status('berit', 'paused');
select results_eq(
    $$ select operation, state from public.hlf_sync_state where mentor_id = tests.id('mentor', 'berit') $$,
    $$ values ('remove', 'pending') $$, 'a status change counts without a contact too, and will be found out'
);
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'berit') where id = tests.id('mentor', 'berit');
select is(
    (select desired_version from public.hlf_sync_state where mentor_id = tests.id('mentor', 'berit')), 2::bigint,
    'a contact that became known must hear of it'
);

select is(tests.sync_once('olga', 503), 'pending', 'a failed attempt');
select is((select attempts from sync), 1, 'is counted');
select tests.set_status('olga', 'paused');
select results_eq(
    'select attempts, last_error, next_attempt_at <= clock_timestamp() from sync',
    $$ values (0, null::text, true) $$, 'a newer change starts afresh and at once'
);

select is_empty(
    'select from public.ops_alerts where kind = ''website_contact_changed''', 'a contact that became known alerts nobody'
);
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'another')
where id = tests.id('mentor', 'olga');
select is((select desired_version from sync), 7::bigint, 'another contact must hear of the status');
select is(
    (select details ->> 'former_dynamics_contact_id' from public.ops_alerts where kind = 'website_contact_changed'),
    tests.id('contact', 'olga')::text, 'and an operator that the former one may still be listed'
);

update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'third') where id = tests.id('mentor', 'berit');
update public.peer_mentors set dynamics_contact_id = null where id = tests.id('mentor', 'berit');
select is(
    (select count(*) from public.ops_alerts where kind = 'website_contact_changed'), 3::bigint, 'each contact that was left behind is news'
);
select is(
    (select desired_version from public.hlf_sync_state where mentor_id = tests.id('mentor', 'berit')), 3::bigint,
    'of whose contact was cleared there is nothing more to send'
);
select is(
    (select details from public.ops_alerts where kind = 'website_contact_changed' order by raised_at desc limit 1),
    jsonb_build_object('mentor_id', tests.id('mentor', 'berit'), 'former_dynamics_contact_id', tests.id('contact', 'third')), 'and of whom it was'
);
-- Whom the website has confirmed to be off, and who had no contact, left nothing behind.
select tests.make_listed_mentor('off', 'north');
select tests.make_mentor('unknown', 'north');
select tests.set_status('off', 'withdrawn');
select is(tests.sync_once('off', 204), 'synced', 'one is off');
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'off, too') where id = tests.id('mentor', 'off');
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'known') where id = tests.id('mentor', 'unknown');
select is(
    (select count(*) from public.ops_alerts where kind = 'website_contact_changed'), 3::bigint, 'of whom nothing is left nobody is told'
);
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'known, too') where id = tests.id('mentor', 'unknown');
select is(
    (select count(*) from public.ops_alerts where kind = 'website_contact_changed'), 4::bigint, 'but of one who may be listed'
);
-- Off as far as was confirmed, but on the way back: the request may be under way.
select is(tests.sync_once('off', 204), 'synced', 'off');
select tests.set_status('off', 'active');
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'off at last') where id = tests.id('mentor', 'off');
select is(
    (select count(*) from public.ops_alerts where kind = 'website_contact_changed'), 5::bigint, 'and of one who is on the way back'
);
update public.peer_mentors set status = 'withdrawn' where id = tests.id('mentor', 'off');
select tests.make_listed_mentor('mentor ' || number, 'north') from generate_series(1, 300) as number;
update public.peer_mentors set status = 'paused' where display_name like 'mentor %';
select is(
    (select count(*) from public.hlf_sync_state where operation = 'remove' and desired_version = 2), 300::bigint,
    'many in one statement, each once'
);
update public.peer_mentors set organisation_id = tests.make_organisation('south') where display_name = 'mentor 1';
select is(
    (select count(*) from public.hlf_sync_state where organisation_id = tests.id('organisation', 'south')), 1::bigint,
    'the row moves with its mentor'
);
select throws_ok(
    $$ delete from public.peer_mentors where display_name = 'mentor 1' $$, '23503', null,
    'a mentor who may be on the website cannot vanish'
);
select finish();
rollback;
