-- A dead letter, a confirmation and a removal each have the attempt that led to them; what of it is archived or could not be written is
-- lawful, and nothing else.
begin;
select plan(28);
select tests.make_organisation('north');
select tests.make_listed_mentor(name, 'north') from unnest(array['shown', 'removed', 'refused', 'tied']) as name;
select tests.sync_once('shown', 204), tests.sync_once('removed', 204), tests.sync_once('refused', 400), tests.sync_once('tied', 204);
select tests.set_status('removed', 'paused');
select tests.sync_once('removed', 204);
create function pg_temp.gap("check" text, mentor text, detail text default null) returns text
language sql
as $$ select concat_ws(' | ', "check", 'hlf_sync_audit_log', tests.id('mentor', mentor), detail) $$;
select results_eq(
    'select state, confirmed_operation from public.hlf_sync_state order by 1, 2',
    $$ values ('dead_lettered', null), ('synced', 'remove'), ('synced', 'restore'), ('synced', 'restore') $$, 'two shown, one removed, one refused'
);
select is(tests.gaps_after('select'), '{}', 'is complete');
select tests.switch_triggers_off();
create function pg_temp.entry(mentor text, outcome text, operation text default 'restore', at timestamptz default clock_timestamp()) returns void
language sql
as $$
    insert into public.hlf_sync_audit_log (organisation_id, mentor_id, operation, retry_count, outcome, triggered_by_event, created_at)
    select organisation_id, mentor_id, entry.operation, 1, entry.outcome, 'reconciliation', entry.at
    from public.hlf_sync_state where mentor_id = tests.id('mentor', entry.mentor)
$$;
-- Of one transaction, at one time, any may be the last.
update public.hlf_sync_state set state = 'dead_lettered' where mentor_id = tests.id('mentor', 'tied');
select pg_temp.entry('tied', 'success', 'restore', now() + interval '1 second'), pg_temp.entry('tied', 'dead_lettered', 'restore', now() + interval '1 second'),
pg_temp.entry('tied', 'success', 'remove', now() + interval '1 second'), pg_temp.entry('tied', 'failure', 'remove', now() + interval '1 second');
create function pg_temp.removal_gap(at timestamptz) returns text
language sql
as $$
    select concat_ws(' | ', 'removal_without_entry', 'hlf_sync_audit_log', id, at::text) from public.hlf_removals
$$;
select is(tests.gaps_after(statement), found, statement)
from (
    values
    ('select', '{}'),
    (
        'update public.hlf_sync_state set state = ''dead_lettered'' where mentor_id = tests.id(''mentor'', ''shown'')',
        array[pg_temp.gap('dead_letter_without_entry', 'shown')]
    ),
    ('select pg_temp.entry(''refused'', ''failure'')', array[pg_temp.gap('dead_letter_without_entry', 'refused')]),
    (
        'delete from public.hlf_sync_audit_log where mentor_id = tests.id(''mentor'', ''refused'')',
        array[pg_temp.gap('dead_letter_without_entry', 'refused')]
    ),
    ('select pg_temp.entry(''tied'', ''failure'', at => now() + interval ''1 hour'')', array[pg_temp.gap('dead_letter_without_entry', 'tied')]),
    (
        'update public.hlf_sync_state set confirmed_operation = ''remove'' where mentor_id = tests.id(''mentor'', ''shown'')',
        array[pg_temp.gap('confirmation_without_entry', 'shown', 'remove')]
    ),
    (
        'update public.hlf_sync_state set confirmed_operation = ''restore'' where mentor_id = tests.id(''mentor'', ''removed'')',
        array[pg_temp.gap('confirmation_without_entry', 'removed', 'restore')]
    ),
    (
        'update public.hlf_sync_state set confirmed_operation = ''restore'' where mentor_id = tests.id(''mentor'', ''refused'')',
        array[pg_temp.gap('confirmation_without_entry', 'refused', 'restore')]
    ),
    (
        'update public.hlf_sync_state set confirmed_operation = ''remove'' where mentor_id = tests.id(''mentor'', ''tied'')', '{}'
    ),
    ('select pg_temp.entry(''removed'', ''failure'', ''restore'')', '{}'),
    (
        'delete from public.hlf_sync_state where mentor_id = tests.id(''mentor'', ''shown'')', array[pg_temp.gap('entry_without_state', 'shown')]
    ),
    (
        'update public.hlf_sync_audit_log set mentor_id = tests.id(''mentor'', ''gone'') where mentor_id = tests.id(''mentor'', ''shown''); '
        'delete from public.hlf_sync_state where mentor_id = tests.id(''mentor'', ''shown'')', '{}'
    ),
    ('update public.hlf_removals set confirmed_at = ''2026-01-15 12:00+00'', wanted_at = ''2026-01-01''', array[pg_temp.removal_gap('2026-01-15 12:00+00')]),
    ('update public.hlf_removals set confirmed_at = null', '{}'),
    (
        'update public.hlf_removals set confirmed_at = ''2026-01-15 12:00+00'', wanted_at = ''2026-01-01''; '
        'select pg_temp.entry(''removed'', ''success'', ''remove'', ''2026-01-15 12:01+00'')', '{}'
    ),
    (
        'update public.hlf_removals set confirmed_at = ''2026-01-15 12:00+00'', wanted_at = ''2026-01-01''; '
        'select pg_temp.entry(''removed'', ''success'', ''remove'', ''2026-01-15 11:59+00'')', '{}'
    ),
    (
        'update public.hlf_removals set confirmed_at = ''2026-01-15 12:00+00'', wanted_at = ''2026-01-01''; '
        'select pg_temp.entry(''removed'', ''success'', ''remove'', ''2026-01-15 12:01:00.000001+00''), '
        'pg_temp.entry(''removed'', ''success'', ''remove'', ''2026-01-15 11:58:59.999999+00''), '
        'pg_temp.entry(''removed'', ''failure'', ''remove'', ''2026-01-15 12:00+00''), pg_temp.entry(''removed'', ''success'', ''restore'', ''2026-01-15 12:00+00''), '
        'pg_temp.entry(''shown'', ''success'', ''remove'', ''2026-01-15 12:00+00'')',
        array[pg_temp.removal_gap('2026-01-15 12:00+00')]
    )
) as deed (statement, found);

update public.hlf_sync_state set state = 'dead_lettered', updated_at = '2019-03-31 23:59:59+00' where mentor_id = tests.id('mentor', 'shown');
select is(tests.gaps_after(statements), array[concat_ws(' | ', pg_temp.gap('dead_letter_without_entry', 'shown'), hole)], description)
from (
    values
    ('select tests.make_archived(''hlf_sync_audit_log'', ''2019-03-01'')', '(archived)', 'the attempt is in an archive'),
    ('select tests.make_archived(''hlf_sync_audit_log'', ''2019-02-01'')', null, 'an archive that ends before it'),
    (
        'select tests.make_archived(''hlf_sync_audit_log'', ''2019-03-01''); update public.hlf_sync_state set updated_at = ''2019-04-01 00:00+00'' '
        'where mentor_id = tests.id(''mentor'', ''shown'')', null, 'or just before it'
    ),
    ('select tests.make_archived(''proxy_audit_log'', ''2019-03-01'')', null, 'or of another log'),
    (
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:hlf_sync_audit_log''); '
        'update public.ops_alerts set raised_at = ''2019-04-01 00:00:59+00''', '(could not be written)', 'which could not be written'
    ),
    (
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:hlf_sync_audit_log''); '
        'update public.ops_alerts set raised_at = ''2019-04-01 00:01:00+00''', null, 'but only since then'
    ),
    (
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:proxy_audit_log''); '
        'update public.ops_alerts set raised_at = ''2019-03-01''', null, 'as another log'
    ),
    (
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:hlf_sync_audit_log''); '
        'update public.ops_alerts set raised_at = ''2019-03-01'', acknowledged_at = ''2019-03-02''; '
        'select private.write_alert(''audit_write_failed'', ''critical'', ''y'', ''audit_write_failed:hlf_sync_audit_log'')',
        '(could not be written)', 'whenever it happened again'
    )
) as given (statements, hole, description);
select is(
    tests.gaps_after(
        'delete from public.hlf_sync_state where mentor_id = tests.id(''mentor'', ''shown''); '
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:hlf_sync_audit_log'')'
    ), array[pg_temp.gap('entry_without_state', 'shown')], 'a state that is gone is never lawful'
);
select * from finish();
rollback;
