-- That somebody looked, at what, and what was found; what is found is an alert, and asked about until it is gone.
begin;
select plan(35);
select tests.make_two_organisations();
select tests.make_activity(name, 'olga') from unnest(array['first', 'second', 'third']) as name;
update public.activities set duration_minutes = 50 where id = tests.id('activity', 'second');
create function pg_temp.looks() returns table (everything boolean, findings bigint, found jsonb)
language sql
as $$
    select (details ->> 'is_of_everything')::boolean, (details ->> 'findings')::bigint, details -> 'found' from public.security_events
    where event_kind = 'completeness_checked' order by occurred_at desc limit 1
$$;
create function pg_temp.alerts() returns setof text
language sql
as $$ select concat_ws(' | ', severity, dedupe_key, message, details) from public.ops_alerts where kind = 'logs_incomplete' and acknowledged_at is null $$;

select results_eq(
    'select is_of_everything, findings, first_finding from private.check_completeness()', 'values (true, 0::bigint, null::text)',
    'the first look is at everything, and all is well'
);
select results_eq('select * from pg_temp.looks()', $$ values (true, 0::bigint, '[]'::jsonb) $$, 'which is on record');
select is_empty('select pg_temp.alerts()', 'and no alert');
select results_eq(
    'select is_of_everything from private.check_completeness()', array[false], 'the next is at what changed since'
);
select results_eq(
    'select is_of_everything from private.check_completeness(true)', array[true], 'unless everything is asked for'
);
select ok(
    (
        select bool_and((details ->> 'looked_at')::timestamptz between now() and occurred_at) from public.security_events
        where event_kind = 'completeness_checked'
    ), 'each with the time at which it began'
);

-- The calendar of looks. Every one of them by itself.
select tests.switch_triggers_off();
create function pg_temp.look_after(is_full boolean, variadic looks text[]) returns text
language sql
as $$
    select (tests.answers_after(
        'delete from public.security_events where event_kind = ''completeness_checked'';' || string_agg(format(
            'insert into public.security_events (event_kind, occurred_at, session_role, details) values (''completeness_checked'', %1$L, ''x'', '
            'jsonb_build_object(''looked_at'', %1$L::timestamptz, ''findings'', %2$L::int, ''is_of_everything'', %3$L::boolean, ''found'', ''[]''::jsonb))',
            now() - look[1]::interval, look[2], look[3]
        ), ';'),
        format(
            'select case when is_of_everything then ''everything: '' else ''since: '' end || findings from private.check_completeness(%L)',
            look_after.is_full
        )
    ))[1]
    from unnest(look_after.looks) as listed, string_to_array(listed, ', ') as look
$$;
-- One that differs since ten days, and one since three.
update public.activities set duration_minutes = 7, created_at = now() - interval '10 days', updated_at = now() - interval '10 days'
where id = tests.id('activity', 'first');
update public.badge_evaluation_logs set triggered_at = now() - interval '10 days' where tests.id('activity', 'first') = any (activity_ids);
update public.activities set duration_minutes = 7, created_at = now() - interval '3 days', updated_at = now() - interval '3 days'
where id = tests.id('activity', 'third');
update public.badge_evaluation_logs set triggered_at = now() - interval '3 days' where tests.id('activity', 'third') = any (activity_ids);
select is(pg_temp.look_after(is_full, variadic looks), found, description)
from (
    values
    (null, array['1 day, 0, true'], 'since: 0', 'a good look yesterday: what is of since then'),
    (null, array['1 day, 1, true'], 'everything: 2', 'nothing good yet: everything'),
    (null, array['1 day, 1, false', '4 days, 0, true'], 'since: 1', 'the last good one was four days ago'),
    (null, array['1 day, 0, false', '4 days, 0, true'], 'since: 0', 'or one yesterday at what had changed'),
    (null, array['1 day, 0, false'], 'everything: 2', 'which was never everything'),
    (null, array['1 day, 0, false', '6 days 22 hours 59 minutes, 0, true'], 'since: 0', 'everything six days and 22 hours ago'),
    (null, array['1 day, 0, false', '6 days 23 hours 1 minute, 0, true'], 'everything: 2', 'a week ago, but for less than the hour by which nights differ'),
    (null, array['1 day, 0, false', '6 days, 1, true'], 'everything: 2', 'everything, which was not well'),
    (null, array['1 day, 0, true', '7 days 12 hours, 0, true'], 'since: 0', 'the last of two looks at everything'),
    (false, array['1 day, 0, false'], 'since: 0', 'what changed is asked for'),
    (false, array['3 days 1 minute, 0, true'], 'since: 1', 'with an hour to spare'),
    (false, array['2 days 23 hours 1 minute, 0, true'], 'since: 1', 'which reaches'),
    (false, array['2 days 22 hours 59 minutes, 0, true'], 'since: 0', 'and no further'),
    (false, array['8 days 1 hour, 0, false'], 'since: 2', 'a good look longer ago than that is none')
) as calendar (is_full, looks, found, description);

select is(
    (select array[findings::text, first_finding] from private.check_completeness(true)),
    array['2', 'activity_differs badge_evaluation_logs ' || least(tests.id('activity', 'first'), tests.id('activity', 'third')) || ' the hash of its record'],
    'the findings, and the first of them'
);
select results_eq(
    'select * from pg_temp.looks()',
    $$ values (true, 2::bigint, '[{"check": "activity_differs", "log": "badge_evaluation_logs", "count": 2}]'::jsonb) $$, 'are on record by kind'
);
select results_eq(
    'select pg_temp.alerts()',
    array[concat_ws(
        ' | ', 'critical', 'logs_incomplete',
        '2 changes and log entries do not belong together, the first: activity_differs badge_evaluation_logs '
        || least(tests.id('activity', 'first'), tests.id('activity', 'third')) || ' the hash of its record. Run `peerledger verify`, which names all.',
        '{"found": [{"log": "badge_evaluation_logs", "check": "activity_differs", "count": 2}], "findings": 2}'
    )], 'and a critical alert'
);
-- Lawful holes are counted, and are none.
update public.activities set duration_minutes = 60, created_at = now(), updated_at = now()
where id in (tests.id('activity', 'first'), tests.id('activity', 'third'));
update public.ops_alerts set acknowledged_at = now();
select tests.make_activity(name, 'olga') from unnest(array['old', 'older']) as name;
update public.activities set created_at = '2019-03-05' where id in (tests.id('activity', 'old'), tests.id('activity', 'older'));
select tests.make_archived('badge_evaluation_logs', '2019-03-01');
delete from public.hlf_sync_state where mentor_id = tests.id('mentor', 'olga');
insert into public.hlf_sync_state (organisation_id, mentor_id, operation, triggered_by_event, state)
values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'restore', 'reconciliation', 'dead_lettered');
select private.write_alert('audit_write_failed', 'critical', 'x', 'audit_write_failed:hlf_sync_audit_log');
select is((select findings from private.check_completeness(true)), 0::bigint, 'what is lawfully missing is no finding');
select results_eq(
    'select found from pg_temp.looks()',
    array['[
        {"check": "activity_without_entry", "log": "badge_evaluation_logs", "hole": "archived", "count": 2},
        {"check": "dead_letter_without_entry", "log": "hlf_sync_audit_log", "hole": "could_not_be_written", "count": 1}
    ]'::jsonb], 'but is counted, with the reason'
);
select is_empty('select pg_temp.alerts()', 'and no alert');
insert into public.legal_holds (organisation_id, case_reference) values (tests.id('organisation', 'north'), 'A-1');
select is(
    (select first_finding from private.check_completeness(true)), (select 'hold_differs security_events ' || id || ' it has no entry' from public.legal_holds),
    'nor does it come first'
);
update public.ops_alerts set acknowledged_at = now() where kind = 'logs_incomplete' and acknowledged_at is null;
delete from public.legal_holds;

-- What an erased entry spoke of is known from the entry that says so.
delete from public.activity_changes where activity_id = tests.id('activity', 'second');
delete from public.badge_evaluation_logs where tests.id('activity', 'first') = any (activity_ids);
select results_eq(
    'select "check", log_name, subject_id, detail from private.find_incomplete_logs()',
    $$
        values
        ('activity_differs', 'badge_evaluation_logs', tests.id('activity', 'second'), 'the hash of its record'),
        ('activity_without_entry', 'badge_evaluation_logs', tests.id('activity', 'first'), null)
    $$, 'two of which an entry is gone, in the order of the checks'
);
select is(
    (select first_finding from private.check_completeness(true)),
    'activity_differs badge_evaluation_logs ' || tests.id('activity', 'second') || ' the hash of its record', 'the first is none that is lawfully missing'
);
update public.ops_alerts set acknowledged_at = now() where kind = 'logs_incomplete' and acknowledged_at is null;
select is(
    array(
        select concat_ws(' | ', "check", hole) from private.log_gaps('-infinity')
        where subject_id in (tests.id('activity', 'first'), tests.id('activity', 'second')) order by 1
    ), array['activity_differs', 'activity_without_entry'], 'as often as that'
);
insert into public.security_events (event_kind, table_name, session_role, details)
select kind, log_name, 'x', details
from (
    values
    ('entry_erased', 'badge_evaluation_logs', jsonb_build_object('subject_ids', jsonb_build_array(tests.id('activity', 'first')))),
    ('entry_erased', 'badge_evaluation_logs', jsonb_build_object('subject_ids', jsonb_build_array(tests.id('activity', 'first')))),
    ('entry_erased', 'proxy_audit_log', jsonb_build_object('subject_ids', jsonb_build_array(tests.id('activity', 'second')))),
    ('seal_form_added', 'badge_evaluation_logs', jsonb_build_object('subject_ids', jsonb_build_array(tests.id('activity', 'second')))),
    ('entry_erased', 'badge_evaluation_logs', jsonb_build_object('subject_ids', tests.id('activity', 'second')))
) as event (kind, log_name, details);
select is(
    array(
        select concat_ws(' | ', "check", hole) from private.log_gaps('-infinity')
        where subject_id in (tests.id('activity', 'first'), tests.id('activity', 'second')) order by 1
    ), array['activity_differs', 'activity_without_entry | erased'], 'that of the first was erased by order'
);
select results_eq(
    'select subject_id from private.find_incomplete_logs()', array[tests.id('activity', 'second')], 'that of the second was not'
);
select is((select findings from private.check_completeness(true)), 1::bigint, 'which is one finding');
select is((select count(*) from pg_temp.alerts()), 1::bigint, 'and one is enough for an alert');
select is_empty('select private.find_incomplete_logs(''2100-01-01'')', 'nor is either of since 2100');
select * from finish();
rollback;
