-- Archived, older than the log, or not to be written while an alert said so: lawful, counted, and no wider than that.
begin;
select plan(36);
select tests.make_two_organisations();
create function pg_temp.gap("check" text, log_name text, activity text, detail text default null) returns text
language sql
as $$ select concat_ws(' | ', "check", log_name, tests.id('activity', activity), detail) $$;
create function pg_temp.hole("check" text, log_name text, hole text, number int default 1) returns text
language sql
as $$ select concat_ws(' | ', "check", log_name, number, '(' || hole || ')') $$;
create function pg_temp.after(statements text) returns text[]
language sql
as $$ select array(select regexp_replace(found, ' \| 20\d\d-\d\d-\d\d \d.*', '') from unnest(tests.gaps_after(statements)) as found) $$;
select tests.make_activity('changed', 'olga'), tests.make_activity('proxy', 'olga', 'nina');
update public.activities set duration_minutes = 50 where id = tests.id('activity', 'changed');
update public.activities set duration_minutes = 51 where id = tests.id('activity', 'changed');
select tests.switch_triggers_off();

-- Registered by nobody, in April 2019.
select tests.make_activity('new', 'olga');
update public.activities set created_at = '2019-04-15 12:00+00' where id = tests.id('activity', 'new');
select is(
    pg_temp.after(statements), array[found], description
)
from (
    values
    ('select', pg_temp.gap('activity_without_entry', 'badge_evaluation_logs', 'new'), 'nothing was archived'),
    (
        'select tests.make_archived(''badge_evaluation_logs'', ''2019-04-01'')',
        pg_temp.hole('activity_without_entry', 'badge_evaluation_logs', 'archived'), 'its month was'
    ),
    (
        'select tests.make_archived(''badge_evaluation_logs'', ''2019-04-01''), tests.make_archived(''badge_evaluation_logs'', ''2019-03-01'')',
        pg_temp.hole('activity_without_entry', 'badge_evaluation_logs', 'archived'), 'so was the one before'
    ),
    (
        'select tests.make_archived(''activity_changes'', ''2019-04-01'')',
        pg_temp.hole('activity_without_entry', 'badge_evaluation_logs', 'archived'), 'its month of the changes was'
    ),
    (
        'select tests.make_archived(''badge_evaluation_logs'', ''2019-03-01''), tests.make_archived(''activity_changes'', ''2019-05-01'')',
        pg_temp.hole('activity_without_entry', 'badge_evaluation_logs', 'archived'), 'the later one counts'
    ),
    (
        'select tests.make_archived(''badge_evaluation_logs'', ''2019-03-01''), tests.make_archived(''proxy_audit_log'', ''2019-04-01'')',
        pg_temp.gap('activity_without_entry', 'badge_evaluation_logs', 'new'), 'the month before was, and its month of another log'
    ),
    (
        'select tests.make_archived(''badge_evaluation_logs'', ''2019-03-01''); '
        'update public.activities set created_at = ''2019-04-01 00:00+00'' where id = tests.id(''activity'', ''new'')',
        pg_temp.gap('activity_without_entry', 'badge_evaluation_logs', 'new'), 'the month ends where the next begins'
    ),
    (
        'select tests.make_archived(''badge_evaluation_logs'', ''2019-03-01''); '
        'update public.activities set created_at = ''2019-03-31 23:59:59.999999+00'' where id = tests.id(''activity'', ''new'')',
        pg_temp.hole('activity_without_entry', 'badge_evaluation_logs', 'archived'), 'and not before'
    ),
    (
        'select tests.make_archived(''badge_evaluation_logs'', ''2019-04-01''); delete from private.sealed_entries',
        pg_temp.gap('activity_without_entry', 'badge_evaluation_logs', 'new'), 'that it was archived is not sealed'
    ),
    (
        'select tests.make_archived(''badge_evaluation_logs'', (date_trunc(''month'', now()) - interval ''5 years'')::date)',
        pg_temp.gap('activity_without_entry', 'badge_evaluation_logs', 'new'), 'it was archived too early'
    ),
    (
        'select tests.make_archived(''badge_evaluation_logs'', ''2019-04-01''), tests.make_activity(''another'', ''olga''); '
        'update public.activities set created_at = ''2018-04-15 12:00+00'' where id = tests.id(''activity'', ''another'')',
        pg_temp.hole('activity_without_entry', 'badge_evaluation_logs', 'archived', 2), 'there are two'
    ),
    (
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:badge_evaluation_logs''); '
        'update public.ops_alerts set raised_at = ''2019-04-15 12:01+00'', acknowledged_at = ''2019-04-15 13:00+00''',
        pg_temp.hole('activity_without_entry', 'badge_evaluation_logs', 'could not be written'),
        'an alert says that it could not be written, a minute later'
    ),
    (
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:badge_evaluation_logs''); '
        'update public.ops_alerts set raised_at = ''2019-04-15 10:00+00'', acknowledged_at = ''2019-04-15 12:00:00.000001+00''',
        pg_temp.hole('activity_without_entry', 'badge_evaluation_logs', 'could not be written'), 'one that is acknowledged afterwards'
    ),
    (
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:badge_evaluation_logs''); '
        'update public.ops_alerts set raised_at = ''2019-04-15 10:00+00''',
        pg_temp.hole('activity_without_entry', 'badge_evaluation_logs', 'could not be written'), 'or is still open'
    ),
    (
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:hlf_sync_audit_log''); '
        'update public.ops_alerts set raised_at = ''2019-04-15 10:00+00''',
        pg_temp.gap('activity_without_entry', 'badge_evaluation_logs', 'new'), 'one of another log says nothing of it'
    ),
    (
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:badge_evaluation_logs''); '
        'update public.ops_alerts set raised_at = ''2019-04-15 12:01:01+00''',
        pg_temp.gap('activity_without_entry', 'badge_evaluation_logs', 'new'), 'nor one that came later'
    ),
    (
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:badge_evaluation_logs''); '
        'update public.ops_alerts set raised_at = ''2019-01-01'', acknowledged_at = ''2019-01-02''; '
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:badge_evaluation_logs'')',
        pg_temp.gap('activity_without_entry', 'badge_evaluation_logs', 'new'), 'nor two with a good time between them'
    )
) as given (statements, found, description);
delete from public.activities where id = tests.id('activity', 'new');

-- A proxy without its entry, of April 2019.
update public.activities set created_at = '2019-04-15 12:00+00' where id = tests.id('activity', 'proxy');
update public.badge_evaluation_logs
set activity_hashes = array[(select private.activity_sha256(row(activity.*)::public.activities) from public.activities as activity where id = tests.id('activity', 'proxy'))]
where activity_ids = array[tests.id('activity', 'proxy')];
delete from public.proxy_audit_log where proxy_activity_id = tests.id('activity', 'proxy');
select is(pg_temp.after(statements), array[found], description)
from (
    values
    ('select tests.make_archived(''badge_evaluation_logs'', ''2019-04-01'')', pg_temp.gap('proxy_without_entry', 'proxy_audit_log', 'proxy'), 'another log was archived'),
    ('select tests.make_archived(''proxy_audit_log'', ''2019-03-01'')', pg_temp.gap('proxy_without_entry', 'proxy_audit_log', 'proxy'), 'the month before'),
    ('select tests.make_archived(''proxy_audit_log'', ''2019-04-01'')', pg_temp.hole('proxy_without_entry', 'proxy_audit_log', 'archived'), 'its own'),
    (
        'select tests.make_archived(''proxy_audit_log'', ''2019-03-01''); '
        'update public.activities set created_at = ''2019-04-01 00:00+00'' where id = tests.id(''activity'', ''proxy''); '
        'update public.badge_evaluation_logs set activity_hashes = array[(select private.activity_sha256(row(activity.*)::public.activities) '
        'from public.activities as activity where id = tests.id(''activity'', ''proxy''))] where activity_ids = array[tests.id(''activity'', ''proxy'')]',
        pg_temp.gap('proxy_without_entry', 'proxy_audit_log', 'proxy'), 'the first instant of the next'
    )
) as given (statements, found, description);
delete from public.activities where id = tests.id('activity', 'proxy');
delete from public.badge_evaluation_logs where activity_ids = array[tests.id('activity', 'proxy')];

-- Changes of which the beginning is gone.
select is(pg_temp.after(statements), array[found], description)
from (
    values
    (
        'delete from public.activity_changes where (after ->> ''duration_minutes'')::int = 50; select tests.make_archived(''activity_changes'', ''2019-03-01''); '
        'update public.activity_changes set changed_at = ''2019-03-31 23:59+00''; '
        'update public.badge_evaluation_logs set triggered_at = ''2019-01-01'' where activity_ids = array[tests.id(''activity'', ''changed'')]',
        pg_temp.hole('changes_do_not_connect', 'activity_changes', 'archived'), 'the change before it was archived'
    ),
    (
        'delete from public.activity_changes where (after ->> ''duration_minutes'')::int = 50; select tests.make_archived(''activity_changes'', ''2019-03-01''); '
        'update public.activity_changes set changed_at = ''2019-04-01 00:00+00''; '
        'update public.badge_evaluation_logs set triggered_at = ''2019-01-01'' where activity_ids = array[tests.id(''activity'', ''changed'')]',
        pg_temp.gap('changes_do_not_connect', 'activity_changes', 'changed'), 'that month was not'
    ),
    (
        'delete from public.badge_evaluation_logs where activity_ids = array[tests.id(''activity'', ''changed'')]',
        pg_temp.gap('changes_do_not_connect', 'activity_changes', 'changed'), 'where it was registered is gone'
    ),
    (
        'delete from public.badge_evaluation_logs where activity_ids = array[tests.id(''activity'', ''changed'')]; '
        'update public.activity_changes set changed_at = case when (after ->> ''duration_minutes'')::int = 50 then began_at - interval ''1 second'' '
        'else changed_at end from private.completeness_began()',
        pg_temp.hole('changes_do_not_connect', 'activity_changes', 'older than the log'), 'that was before the logs were complete'
    ),
    (
        'delete from public.badge_evaluation_logs where activity_ids = array[tests.id(''activity'', ''changed'')]; '
        'update public.activity_changes set changed_at = began_at from private.completeness_began() where (after ->> ''duration_minutes'')::int = 50',
        pg_temp.gap('changes_do_not_connect', 'activity_changes', 'changed'), 'or just when they were'
    ),
    (
        'delete from public.badge_evaluation_logs where activity_ids = array[tests.id(''activity'', ''changed'')]; '
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:badge_evaluation_logs'')',
        pg_temp.hole('changes_do_not_connect', 'activity_changes', 'could not be written'), 'or could not be written'
    ),
    (
        'delete from public.badge_evaluation_logs where activity_ids = array[tests.id(''activity'', ''changed'')]; '
        'update public.activity_changes set before = before || ''{"created_at": "2019-03-31T23:59:59+00:00"}'' where (after ->> ''duration_minutes'')::int = 50; '
        'select tests.make_archived(''badge_evaluation_logs'', ''2019-03-01'')',
        pg_temp.hole('changes_do_not_connect', 'activity_changes', 'archived'), 'or was archived'
    ),
    (
        'delete from public.badge_evaluation_logs where activity_ids = array[tests.id(''activity'', ''changed'')]; '
        'update public.activity_changes set before = before || ''{"created_at": "2019-03-31T23:59:59+00:00"}'' where (after ->> ''duration_minutes'')::int = 50; '
        'select tests.make_archived(''activity_changes'', ''2019-03-01'')',
        pg_temp.hole('changes_do_not_connect', 'activity_changes', 'archived'), 'among the changes'
    ),
    (
        'delete from public.badge_evaluation_logs where activity_ids = array[tests.id(''activity'', ''changed'')]; '
        'update public.activity_changes set before = before || ''{"created_at": "2019-04-01T00:00:00+00:00"}'' where (after ->> ''duration_minutes'')::int = 50; '
        'select tests.make_archived(''activity_changes'', ''2019-03-01'')',
        pg_temp.gap('changes_do_not_connect', 'activity_changes', 'changed'), 'which that month was not'
    )
) as given (statements, found, description);

select is(
    pg_temp.after(
        'delete from public.badge_evaluation_logs where activity_ids = array[tests.id(''activity'', ''changed'')]; '
        'update public.activity_changes set before = before || ''{"duration_minutes": 49}'' where (after ->> ''duration_minutes'')::int = 51; '
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:badge_evaluation_logs'')'
    ),
    array[pg_temp.hole('changes_do_not_connect', 'activity_changes', 'could not be written'), pg_temp.gap('changes_do_not_connect', 'activity_changes', 'changed')],
    'that says nothing of a change that follows another'
);

-- Entries of an activity that is gone.
delete from public.activities where id = tests.id('activity', 'olga''s');
select is(pg_temp.after(statements), array[found], description)
from (
    values
    ('select', pg_temp.gap('entry_without_activity', 'activity_changes', 'olga''s'), 'nobody is on record as who deleted it'),
    (
        'select tests.make_archived(''activity_changes'', ''2019-03-01''); '
        'update public.badge_evaluation_logs set triggered_at = ''2019-03-31 23:59+00'' where activity_ids = array[tests.id(''activity'', ''olga''''s'')]',
        pg_temp.hole('entry_without_activity', 'activity_changes', 'archived'), 'that may be archived'
    ),
    (
        'select tests.make_archived(''activity_changes'', ''2019-03-01''); '
        'update public.badge_evaluation_logs set triggered_at = ''2019-04-01 00:00+00'' where activity_ids = array[tests.id(''activity'', ''olga''''s'')]',
        pg_temp.hole('entry_without_activity', 'activity_changes', 'older than the log'), 'in another month it is not, but was before anybody was'
    ),
    (
        'update public.badge_evaluation_logs set triggered_at = ''2019-03-31 23:59+00'' where activity_ids = array[tests.id(''activity'', ''olga''''s'')]',
        pg_temp.hole('entry_without_activity', 'activity_changes', 'older than the log'), 'or was before anybody was'
    ),
    (
        'update public.badge_evaluation_logs set triggered_at = began_at from private.completeness_began() where activity_ids = array[tests.id(''activity'', ''olga''''s'')]',
        pg_temp.gap('entry_without_activity', 'activity_changes', 'olga''s'), 'but no later'
    )
) as given (statements, found, description);
select * from finish();
rollback;
