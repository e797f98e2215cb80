begin;
select plan(78);
select tests.make_two_organisations();
update public.peer_mentors set dynamics_contact_id = tests.id('contact', display_name);
select tests.set_status('berit', 'paused');
select tests.set_status('sara', 'paused');
select tests.sync_once(name, 404) from unnest(array['olga', 'berit', 'sara']) as name;
select public.pause_hlf_sync();

-- Rows that each may read.
select is(
    tests.outcome(actor.role_name, tests.id('user', actor.user_name), 'select from public.' || seen.table_name),
    case actor.seen
        when 'north' then seen.north when 'south' then seen.south when 'own' then seen.own when 'all' then seen.everything
        else actor.seen
    end,
    format('%s reads %s', coalesce(actor.user_name, actor.role_name), seen.table_name)
)
from (
    values
    ('authenticated', 'nina', 'north'), ('authenticated', 'oskar', 'north'), ('authenticated', 'sven', 'south'),
    ('authenticated', 'olga', 'own'), ('authenticated', 'stranger', '0'), ('anon', null, '42501'), ('service_role', null, 'all')
) as actor (role_name, user_name, seen)
cross join (
    values
    ('hlf_sync_state', '2', '1', '1', '3'), ('hlf_sync_audit_log', '2', '1', '0', '3'),
    ('hlf_sync_pauses', '1', '1', '0', '2'), ('hlf_removals', '1', '1', '0', '2')
) as seen (table_name, north, south, own, everything);

-- Nobody writes what functions write; the service role may add to the log, as to every log.
select is(
    tests.outcome(actor.role_name, tests.id('user', actor.user_name), format(write.statement, write.table_name)), '42501',
    format('%s: ' || write.statement, coalesce(actor.user_name, actor.role_name), write.table_name)
)
from (
    values ('authenticated', 'nina'), ('authenticated', 'olga'), ('anon', null), ('service_role', null)
) as actor (role_name, user_name)
cross join (
    values
    ('hlf_sync_state', 'update public.%s set state = ''synced'''),
    ('hlf_sync_state', 'delete from public.%s'),
    ('hlf_sync_pauses', 'delete from public.%s'),
    ('hlf_removals', 'update public.%s set cancelled_at = now()'),
    ('hlf_sync_audit_log', 'delete from public.%s')
) as write (table_name, statement);
select is(
    tests.outcome('service_role', null, format(
        $$ insert into public.hlf_sync_audit_log (organisation_id, mentor_id, operation, outcome, triggered_by_event)
        values (%L, %L, 'remove', 'success', %L) $$, tests.id('organisation', 'north'), tests.id('mentor', 'olga'), entry.event
    )),
    entry.outcome, 'service_role adds an entry of ' || entry.event
)
from (values ('status_change:paused', '1'), ('reconciliation', '1'), ('olga@example.org', '23514')) as entry (event, outcome);

-- What workers and operators call.
select is(
    tests.outcome(actor.role_name, tests.id('user', actor.user_name), call.statement), coalesce(actor.outcome, call.outcome),
    format('%s: %s', coalesce(actor.user_name, actor.role_name), call.statement)
)
from (
    values ('authenticated', 'nina', '42501'), ('anon', null, '42501'), ('service_role', null, null)
) as actor (role_name, user_name, outcome)
cross join (
    values
    ('select from public.claim_hlf_sync(''w'', 1, ''1 minute'')', '0'),
    ('select from public.complete_hlf_sync(''[]'')', '0'),
    ('select from public.extend_hlf_sync_leases(''w'', ''{}'', ''1 minute'')', '0'),
    ('select from public.reconcile_hlf_sync(''[]'')', '1'),
    ('select public.pause_hlf_sync()', '1'),
    ('select public.resume_hlf_sync()', '1'),
    ('select public.record_credential_check(true)', '1'),
    ('select from public.get_hlf_sync_state_summary()', '2')
) as call (statement, outcome);

select results_eq(
    $$ select pending, in_progress, synced, dead_lettered, overdue_leases, open_removals, pause_reasons
    from public.get_hlf_sync_state_summary() where organisation_id = tests.id('organisation', 'north') $$,
    $$ values (0::bigint, 0::bigint, 0::bigint, 2::bigint, 0::bigint, 1::bigint, array['operator']) $$, 'how things stand'
);
set local role service_role;
insert into public.peer_mentors (organisation_id, display_name, dynamics_contact_id)
values (tests.id('organisation', 'north'), 'New', tests.id('contact', 'new'));
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'newer') where display_name = 'New';
select is(
    (select desired_version from public.hlf_sync_state as sync
    inner join public.peer_mentors as mentor on mentor.id = sync.mentor_id and mentor.display_name = 'New'), 2::bigint,
    'what the service role does to a mentor reaches the sync'
);
reset role;
select throws_ok(
    $$ select public.pause_hlf_sync(null, 'because') $$, '22023', null, 'a reason that nothing would end'
);
select finish();
rollback;
