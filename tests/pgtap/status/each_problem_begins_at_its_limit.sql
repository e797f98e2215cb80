-- What needs a person is a problem from its limit on and not a minute earlier, of the organisations it is about and no other, and
-- of nobody who has switched the matter off.
begin;
select plan(45);
select tests.make_organisation(name) from unnest('{north, south}'::text[]) as name;
select tests.make_listed_mentor(name, 'north') from unnest('{olga, berit}'::text[]) as name;
select tests.make_listed_mentor('sara', 'south');
update public.hlf_sync_state set state = 'synced';

-- Of each problem of a topic: code, severity, organisation, how many it affects.
create function pg_temp.found(topic text, organisation text default null) returns text[] language plpgsql as $$
declare
    v_found text[];
begin
    execute format(
        'select coalesce(array_agg(format(''%%s %%s %%s'', problem.code, problem.severity, coalesce(organisation.slug, ''all''))
            || coalesce('' '' || problem.affected, '''') order by problem.code, organisation.slug), ''{}'')
        from private.%I(now(), tests.id(''organisation'', $1)) as problem
        left join public.organisations as organisation on organisation.id = problem.organisation_id', 'problems_of_' || topic
    ) into v_found using found.organisation;
    return v_found;
end
$$;

-- Website sync ---------------------------------------------------------------------------------------------------
select is(pg_temp.found('website_sync'), '{}', 'nothing is wrong with the website');

insert into public.hlf_removals (organisation_id, mentor_id, wanted_at)
select tests.id('organisation', 'north'), tests.id('mentor', name), now() - interval '59 minutes' from unnest('{olga, berit}'::text[]) as name;
select is(pg_temp.found('website_sync'), '{}', 'a removal may take an hour');
update public.hlf_removals set wanted_at = now() - interval '61 minutes';
select is(pg_temp.found('website_sync'), '{website_removal_overdue critical north 2}', 'and not longer');
select is(pg_temp.found('website_sync', 'north'), '{website_removal_overdue critical north 2}', 'the organisation sees it');
select is(pg_temp.found('website_sync', 'south'), '{}', 'another does not');
update public.hlf_removals set confirmed_at = now() where mentor_id = tests.id('mentor', 'olga');
select is(pg_temp.found('website_sync'), '{website_removal_overdue critical north 1}', 'who is off is off');
update public.hlf_removals set cancelled_at = now() where mentor_id = tests.id('mentor', 'berit');
select is(pg_temp.found('website_sync'), '{}', 'and who may stay stays');

update public.hlf_sync_state set state = 'pending', updated_at = now() - interval '23 hours';
select is(pg_temp.found('website_sync'), '{}', 'a change may take a day');
update public.hlf_sync_state set updated_at = now() - interval '25 hours';
select is(
    pg_temp.found('website_sync'), '{website_changes_overdue warning north 2,website_changes_overdue warning south 1}', 'and not longer'
);
update public.hlf_removals set cancelled_at = null where mentor_id = tests.id('mentor', 'berit');
select is(
    pg_temp.found('website_sync'), '{website_changes_overdue warning south 1,website_removal_overdue critical north 1}',
    'a removal that waits says it already'
);
select public.pause_hlf_sync(array[tests.id('organisation', 'south')], 'outage');
select is(pg_temp.found('website_sync', 'south'), '{website_sync_paused info south}', 'so does a pause');
update public.hlf_sync_pauses set paused_at = now() - interval '61 minutes';
select is(pg_temp.found('website_sync', 'south'), '{website_sync_paused warning south}', 'an outage is for a person when it lasts');
delete from public.hlf_sync_pauses;
select public.pause_hlf_sync(array[tests.id('organisation', 'south')]);
select is(pg_temp.found('website_sync', 'south'), '{website_sync_paused warning south}', 'one by an operator is theirs to end');
delete from public.hlf_sync_pauses;
select public.pause_hlf_sync(array[tests.id('organisation', 'south')], 'credentials_refused');
select is(pg_temp.found('website_sync', 'south'), '{website_sync_paused critical south}', 'refused credentials are grave at once');
insert into public.organisation_settings (organisation_id, website_sync_enabled)
select id, false from public.organisations;
update public.hlf_sync_state set state = 'dead_lettered';
select is(pg_temp.found('website_sync'), '{}', 'whoever has no website sync has no problem with it');
update public.organisation_settings set website_sync_enabled = true where organisation_id = tests.id('organisation', 'north');
select is(
    pg_temp.found('website_sync'), '{website_dead_letters warning north 2,website_removal_overdue critical north 1}',
    'dead letters are counted'
);

-- Messages -------------------------------------------------------------------------------------------------------
insert into public.notifications (organisation_id, recipient_mentor_id, kind, dedupe_key, next_attempt_at)
select mentor.organisation_id, mentor.id, 'status_changed', mentor.display_name, now() - interval '59 minutes'
from public.peer_mentors as mentor;
select is(pg_temp.found('notifications'), '{}', 'a message may wait for an hour');
update public.notifications set next_attempt_at = now() - interval '61 minutes';
select is(pg_temp.found('notifications'), '{messages_overdue warning all 3}', 'and not longer');
select is(pg_temp.found('notifications', 'south'), '{messages_overdue warning south 1}', 'each organisation sees its own');
update public.notifications set state = 'sent' where recipient_mentor_id <> tests.id('mentor', 'olga');
select is(pg_temp.found('notifications'), '{messages_overdue warning all 1}', 'what was sent waits no more');
update public.notifications set state = 'dead_lettered';
select is(
    pg_temp.found('notifications'), '{message_dead_letters warning north 2,message_dead_letters warning south 1}',
    'a message that was given up is for a person'
);
select is(pg_temp.found('notifications', 'south'), '{message_dead_letters warning south 1}', 'of its organisation');

-- Expiry runs ----------------------------------------------------------------------------------------------------
insert into public.certification_expiry_runs (as_of, started_at, status) values ('2026-01-15', now() - interval '59 minutes', 'running');
select is(pg_temp.found('certification_runs'), '{}', 'a run may take an hour');
update public.certification_expiry_runs set started_at = now() - interval '61 minutes';
select is(pg_temp.found('certification_runs'), '{certification_run_unfinished warning all 1}', 'and not longer');
select is(pg_temp.found('certification_runs', 'north'), '{}', 'it is of all organisations together');
update public.certification_expiry_runs set status = 'crashed', started_at = now(), finished_at = null;
select is(pg_temp.found('certification_runs'), '{certification_run_unfinished warning all 1}', 'one that crashed is not waited for');
insert into public.certification_expiry_runs (as_of, started_at, finished_at, status)
values ('2026-01-14', now() - interval '1 minute', now(), 'succeeded');
select is(
    pg_temp.found('certification_runs'), '{certification_run_unfinished warning all 1}', 'one before it makes up for nothing'
);
insert into public.certification_expiry_runs (as_of, started_at, finished_at, status)
values ('2026-01-16', now() + interval '1 minute', now() + interval '1 minute', 'succeeded');
select is(pg_temp.found('certification_runs'), '{}', 'a later one does');

-- The database and the logs --------------------------------------------------------------------------------------
select is(pg_temp.found('database'), '{}', 'new sessions can write');
select is(pg_temp.found('logs'), '{}', 'the logs are in order');
select is(pg_temp.found('logs', 'north'), '{}', 'which is no business of one organisation');

-- Statistics -----------------------------------------------------------------------------------------------------
-- Of a page a row. No counter has seen them yet, as after a crash: a transaction is counted at its end.
create table private.filled (filler char(5000));
alter table private.filled owner to peerledger_owner, alter filler set storage plain;
insert into private.filled select 'x' from generate_series(1, 127);
select is(pg_temp.found('statistics'), '{}', 'a small table may be unknown');
insert into private.filled values ('x');
select is(pg_temp.found('statistics'), '{tables_not_analyzed warning all 1}', 'and not a large one');
select is(pg_temp.found('statistics', 'north'), '{}', 'which is no business of one organisation');
select matches(
    (select message from private.problems_of_statistics(now(), null)), 'no changes of theirs were counted: private.filled \(1024 kB\)\.',
    'it is named'
);
analyze private.filled;
select is(pg_temp.found('statistics'), '{}', 'it is known then');
update pg_class set reltuples = 2 where oid = 'private.filled'::regclass;
select is(pg_temp.found('statistics'), '{}', 'the planner need not be exact');
update pg_class set reltuples = 1 where oid = 'private.filled'::regclass;
select is(pg_temp.found('statistics'), '{tables_not_analyzed warning all 1}', 'but not wrong by a hundred times');
update pg_class set reltuples = 0, reloptions = '{autovacuum_enabled=off}' where oid = 'private.filled'::regclass;
select is(
    (select action from private.problems_of_statistics(now(), null)),
    'peerledger migrate, which analyzes them; then: alter table … reset (autovacuum_enabled)', 'nor take it for empty'
);
set track_counts = off;
select matches(
    (select message from private.problems_of_statistics(now(), null)), 'and autovacuum is off: ', 'what keeps all tables from it comes first'
);
reset track_counts;
alter table private.filled owner to current_user;
select is(pg_temp.found('statistics'), '{}', 'the tables of others are theirs to see to');

-- Alerts ---------------------------------------------------------------------------------------------------------
update public.ops_alerts set acknowledged_at = now();
select private.raise_alert('dead_letters', 'info', 'Of the north.', 'n', tests.id('organisation', 'north'));
select private.raise_alert('auth_failure', 'critical', 'Of all.', 'a');
select is(
    pg_temp.found('alerts'), '{auth_failure critical all 1,dead_letters info north 1}', 'an alert is a problem while it is open'
);
select is(pg_temp.found('alerts', 'north'), '{dead_letters info north 1}', 'an organisation sees its own');
select is(pg_temp.found('alerts', 'south'), '{}', 'and no other');
update public.ops_alerts set acknowledged_at = now();
select is(pg_temp.found('alerts'), '{}', 'until somebody has seen to it');
select * from finish();
rollback;
