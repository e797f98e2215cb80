-- The numbers of status, metrics and the report: of everything, and of one organisation alone.
begin;
select plan(24);
select tests.make_organisation(name) from unnest('{north, south}'::text[]) as name;
select tests.make_listed_mentor(name, 'north') from unnest('{olga, berit}'::text[]) as name;
select tests.make_listed_mentor('sara', 'south');
update public.hlf_sync_state set state = 'synced';

-- What differs from zero, of a topic.
create function pg_temp.numbers(topic text, organisation text default null) returns jsonb language plpgsql as $$
declare
    v_found jsonb;
begin
    execute format(
        'select coalesce(jsonb_object_agg(found.name, found.value) filter (where found.value <> ''0''), ''{}'')
        from private.%I(now(), tests.id(''organisation'', $1)) as found', 'numbers_of_' || topic
    ) into v_found using numbers.organisation;
    return v_found;
end
$$;

-- Alerts ---------------------------------------------------------------------------------------------------------
select is(
    (select array_agg(name order by name) from private.numbers_of_alerts(now(), null)),
    '{audit_write_failures,open_alerts_critical,open_alerts_info,open_alerts_warning}', 'each number is there, also when it is zero'
);
select private.raise_alert('dead_letters', 'info', 'One.', 'one', tests.id('organisation', 'north'));
select private.raise_alert('dead_letters', 'warning', 'Two.', 'two', tests.id('organisation', 'south'));
select private.raise_alert('dead_letters', 'warning', 'Three.', 'three', tests.id('organisation', 'south'));
select private.raise_alert('audit_write_failed', 'critical', 'Four.', 'four', tests.id('organisation', 'north'));
select is(
    pg_temp.numbers('alerts'),
    '{"open_alerts_info": 1, "open_alerts_warning": 2, "open_alerts_critical": 1, "audit_write_failures": 1}', 'alerts by severity'
);
select is(pg_temp.numbers('alerts', 'south'), '{"open_alerts_warning": 2}', 'of one organisation');
update public.ops_alerts set acknowledged_at = now() where message in ('Two.', 'Four.');
select is(
    pg_temp.numbers('alerts'), '{"open_alerts_info": 1, "open_alerts_warning": 1, "audit_write_failures": 1}',
    'one that was seen to is not open; that an entry was lost stays true'
);

-- Messages -------------------------------------------------------------------------------------------------------
delete from public.notifications;
select is(pg_temp.numbers('notifications'), '{}', 'an empty outbox');
insert into public.notifications (
    organisation_id, recipient_mentor_id, kind, dedupe_key, state, next_attempt_at, leased_by, lease_expires_at
)
select
    tests.id('organisation', organisation), tests.id('mentor', mentor), 'status_changed', number::text, state, now() + due::interval,
    case when state = 'in_progress' then 'w' end, case when state = 'in_progress' then now() end
from (
    values
    (1, 'north', 'olga', 'pending', '-90 seconds'), (2, 'north', 'olga', 'pending', '-30 seconds'), (3, 'north', 'olga', 'pending', '0'),
    (4, 'north', 'olga', 'pending', '1 second'), (5, 'south', 'sara', 'pending', '5 minutes'),
    (6, 'south', 'sara', 'in_progress', '-10 minutes'), (7, 'south', 'sara', 'dead_lettered', '-20 minutes'),
    (8, 'south', 'sara', 'sent', '-30 minutes')
) as given (number, organisation, mentor, state, due);
select is(
    pg_temp.numbers('notifications'),
    '{"notifications_due": 3, "notifications_waiting": 2, "notifications_in_progress": 1, "notifications_dead_letters": 1,
    "oldest_notification_seconds": 90.000000}', 'messages by what becomes of them; the oldest is the one that is due longest'
);
select is(
    pg_temp.numbers('notifications', 'south'),
    '{"notifications_waiting": 1, "notifications_in_progress": 1, "notifications_dead_letters": 1}', 'of one organisation'
);

-- The website ----------------------------------------------------------------------------------------------------
select is(pg_temp.numbers('website_sync'), '{}', 'nothing waits for the website');
update public.hlf_sync_state set state = 'pending';
update public.hlf_sync_state set state = 'in_progress', leased_by = 'w', lease_expires_at = now()
where mentor_id = tests.id('mentor', 'berit');
insert into public.hlf_removals (organisation_id, mentor_id, wanted_at)
select tests.id('organisation', 'north'), tests.id('mentor', name), clock_timestamp() - interval '1 hour' from unnest('{olga, berit}'::text[]) as name;
select is(
    pg_temp.numbers('website_sync') - 'oldest_removal_seconds',
    '{"sync_pending": 2, "sync_in_progress": 1, "open_removals": 2}', 'changes and removals'
);
select cmp_ok(
    (pg_temp.numbers('website_sync') ->> 'oldest_removal_seconds')::numeric, '>=', 3600::numeric, 'how long the oldest removal has waited'
);
update public.hlf_removals set wanted_at = clock_timestamp() - interval '2 hours' where mentor_id = tests.id('mentor', 'olga');
select cmp_ok(
    (pg_temp.numbers('website_sync') ->> 'oldest_removal_seconds')::numeric, '>=', 7200::numeric, 'which is the one that waited longest'
);
update public.hlf_removals set confirmed_at = now() where mentor_id = tests.id('mentor', 'olga');
update public.hlf_removals set cancelled_at = now() where mentor_id = tests.id('mentor', 'berit');
update public.hlf_sync_state set state = 'dead_lettered' where mentor_id = tests.id('mentor', 'sara');
select is(
    pg_temp.numbers('website_sync'), '{"sync_pending": 1, "sync_in_progress": 1, "sync_dead_letters": 1}', 'what is done is not open'
);
select is(pg_temp.numbers('website_sync', 'south'), '{"sync_dead_letters": 1}', 'of one organisation');
select public.pause_hlf_sync(array[tests.id('organisation', 'south')], reason) from unnest('{operator, outage}'::text[]) as reason;
insert into public.hlf_sync_audit_log (organisation_id, mentor_id, operation, outcome, triggered_by_event, created_at)
select tests.id('organisation', organisation), tests.id('mentor', mentor), 'restore', outcome, 'reconciliation', now() - ago
from (
    values
    ('north', 'olga', 'success', interval '1 hour'), ('north', 'olga', 'success', '23 hours'), ('north', 'olga', 'failure', '1 hour'),
    ('south', 'sara', 'failure', '1 hour'), ('south', 'sara', 'dead_lettered', '1 hour'), ('south', 'sara', 'success', '25 hours')
) as given (organisation, mentor, outcome, ago);
select is(
    pg_temp.numbers('website_sync', 'south'),
    '{"sync_dead_letters": 1, "sync_paused": 1, "sync_attempts_failure": 1, "sync_attempts_dead_lettered": 1}',
    'a pause is of an organisation, whatever its reasons; attempts are of a day'
);
select is(
    pg_temp.numbers('website_sync'),
    '{"sync_pending": 1, "sync_in_progress": 1, "sync_dead_letters": 1, "sync_paused": 1, "sync_attempts_success": 2,
    "sync_attempts_failure": 2, "sync_attempts_dead_lettered": 1}', 'and of all'
);
insert into public.organisation_settings (organisation_id, website_sync_enabled) values (tests.id('organisation', 'north'), false);
update public.hlf_removals set confirmed_at = null, cancelled_at = null;
select is(
    pg_temp.numbers('website_sync') - 'sync_attempts_failure' - 'sync_attempts_dead_lettered',
    '{"sync_dead_letters": 1, "sync_paused": 1, "sync_attempts_success": 2, "sync_switched_off": 1}',
    'where it is switched off nothing waits; what was attempted was'
);

-- Nights, logs and seals -----------------------------------------------------------------------------------------
select is(
    pg_temp.numbers('logs'),
    jsonb_build_object(
        'log_months_ahead', (select min(months) from private.log_months_ahead()), 'refused_changes_go_to', private.security_events_go_to()
    ),
    'for how many months there is room, and where refusals go'
);
select is(pg_temp.numbers('logs', 'north'), '{}', 'which is of all organisations');
select is(
    (select array_agg(name order by name) from private.numbers_of_seals(now(), null)),
    '{checkpoint_age_seconds,sealed_entries,seals,unsealed_entries}', 'of the seals'
);
select is_empty($$ select from private.numbers_of_seals(now(), tests.id('organisation', 'north')) $$, 'of all organisations, too');
insert into private.seal_checkpoints (tree_size, note, made_at) values (1000000001, 'note', now() - interval '90 seconds');
select results_eq(
    $$ select name, value from private.numbers_of_seals(now(), null) where name <> 'seals' order by name $$,
    $$
    values
    ('checkpoint_age_seconds', '90'::jsonb),
    ('sealed_entries', private.seal_status() -> 'size'),
    ('unsealed_entries', to_jsonb((select entries from private.seal_backlog())))
    $$,
    'how old the newest checkpoint is, and what waits for a seal'
);

-- Statistics -----------------------------------------------------------------------------------------------------
select results_eq(
    'select name, value from private.numbers_of_statistics(now(), null)', $$ values ('tables_to_analyze', '0'::jsonb) $$,
    'the planner knows its tables'
);
create table private.filled (filler char(5000));
alter table private.filled owner to peerledger_owner, alter filler set storage plain;
insert into private.filled select 'x' from generate_series(1, 128);
select is(pg_temp.numbers('statistics'), '{"tables_to_analyze": 1}', 'but for one');
select is_empty($$ select from private.numbers_of_statistics(now(), tests.id('organisation', 'north')) $$, 'which is no organisation''s');
select * from finish();
rollback;
