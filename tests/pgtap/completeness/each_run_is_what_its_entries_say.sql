-- The totals, status changes and reminders of an expiry run are those of its entries; what of them is archived or could not be written is
-- lawful, and nothing else.
begin;
select plan(41);
select tests.make_two_organisations();
select tests.make_mentor('merged', 'north');
select tests.make_certificate('olga', current_date - 1), tests.make_certificate('sara', current_date - 1);
select tests.make_certificate('berit', current_date + 7), tests.make_certificate('merged', current_date + 30);
select run_id from public.run_certification_expiry(run_id => tests.id('run', 'one'));
select public.merge_mentors(duplicate_id => tests.id('mentor', 'merged'), keep_id => tests.id('mentor', 'berit'));
create function pg_temp.gap("check" text, subject_id uuid, detail text default null, log_name text default 'certification_expiry_audit_log') returns text
language sql
as $$ select concat_ws(' | ', "check", log_name, subject_id, detail) $$;
create function pg_temp.differs(detail text, kind text default 'run') returns text
language sql
as $$ select pg_temp.gap('run_differs', tests.id('run', 'one'), detail) $$;
create function pg_temp.changes(detail text) returns text
language sql
as $$ select pg_temp.gap('run_without_status_change', tests.id('run', 'one'), detail, 'mentor_status_changes') $$;
create function pg_temp.reminder_of(mentor text) returns uuid
language sql
as $$ select id from public.certification_expiry_audit_log where event_type = 'reminder_dispatched' and mentor_id = tests.id('mentor', mentor) $$;
select results_eq(
    'select total_transitioned, total_reminders_sent, total_failures from public.certification_expiry_runs', 'values (2, 2, 0)',
    'a run that changes two and reminds two'
);
select is(tests.gaps_after('select'), '{}', 'is complete, merged since, too');
select tests.switch_triggers_off();
create function pg_temp.failed(kind text) returns void
language sql
as $$
    insert into public.certification_expiry_audit_log (organisation_id, run_id, mentor_id, event_type, error_message, old_status, new_status, threshold_days)
    select
        mentor.organisation_id, tests.id('run', 'one'), mentor.id, kind, 'x',
        case when kind = 'transition_failed' then 'active'::public.mentor_status end,
        case when kind = 'transition_failed' then 'expired_cert'::public.mentor_status end, case when kind = 'reminder_failed' then 7 end
    from public.peer_mentors as mentor where mentor.id = tests.id('mentor', 'berit')
$$;
select is(tests.gaps_after(statement), found, statement)
from (
    values
    (
        'update public.certification_expiry_runs set total_transitioned = 3',
        array[pg_temp.differs('3, 2, 0 in the run; 2, 2, 0 entries')]
    ),
    ('update public.certification_expiry_runs set total_reminders_sent = 3', array[pg_temp.differs('2, 3, 0 in the run; 2, 2, 0 entries')]),
    ('update public.certification_expiry_runs set total_failures = 3', array[pg_temp.differs('2, 2, 3 in the run; 2, 2, 0 entries')]),
    ('select pg_temp.failed(''transition_failed'')', array[pg_temp.differs('2, 2, 0 in the run; 2, 2, 1 entries')]),
    ('select pg_temp.failed(''reminder_failed'')', array[pg_temp.differs('2, 2, 0 in the run; 2, 2, 1 entries')]),
    ('select pg_temp.failed(''reminder_failed''); update public.certification_expiry_runs set total_failures = 1', '{}'),
    (
        'update public.certification_expiry_runs set status = ''crashed'', finished_at = null',
        array[pg_temp.differs('2, 2, 0 in the run; 2, 2, 0 entries')]
    ),
    (
        'update public.certification_expiry_runs set status = ''running'', finished_at = null',
        array[pg_temp.differs('2, 2, 0 in the run; 2, 2, 0 entries')]
    ),
    (
        'insert into public.certification_expiry_runs (run_id, as_of, status, total_transitioned) '
        'values (gen_random_uuid(), ''2020-01-01'', ''crashed'', 0), (gen_random_uuid(), ''2020-01-02'', ''running'', 0)', '{}'
    ),
    (
        'insert into public.certification_expiry_runs (run_id, as_of, status, finished_at) values (gen_random_uuid(), ''2020-01-01'', ''succeeded'', now())', '{}'
    ),
    (
        'insert into public.certification_expiry_runs (run_id, as_of, status, finished_at, total_failures) '
        'values (tests.id(''run'', ''one more''), ''2020-01-01'', ''succeeded'', now(), 1)',
        array[pg_temp.gap('run_differs', tests.id('run', 'one more'), '0, 0, 1 in the run; 0, 0, 0 entries')]
    ),
    (
        'delete from public.certification_expiry_runs; insert into public.certification_expiry_runs (run_id, as_of, status) '
        'values (gen_random_uuid(), ''2020-01-01'', ''crashed'')',
        array[pg_temp.gap('entry_without_run', tests.id('run', 'one'))]
    ),
    -- One to one with the changes of status.
    (
        'delete from public.certification_expiry_audit_log where event_type = ''status_transitioned'' and mentor_id = tests.id(''mentor'', ''olga''); '
        'update public.certification_expiry_runs set total_transitioned = 1',
        array[pg_temp.changes('1 entries, 2 changes')]
    ),
    (
        'delete from public.certification_expiry_audit_log where event_type = ''status_transitioned''; '
        'update public.certification_expiry_runs set total_transitioned = 0',
        array[pg_temp.changes('0 entries, 2 changes')]
    ),
    (
        'delete from public.certification_expiry_audit_log where event_type = ''status_transitioned'' and mentor_id = tests.id(''mentor'', ''olga''); '
        'update public.certification_expiry_runs set total_transitioned = 1; '
        'update public.mentor_status_changes set run_id = null, cause = ''direct'' where run_id is not null',
        array[pg_temp.changes('1 entries, 0 changes')]
    ),
    (
        'update public.mentor_status_changes set run_id = null, cause = ''direct'' where run_id is not null',
        array[pg_temp.changes('2 entries, 0 changes')]
    ),
    (
        'update public.mentor_status_changes set run_id = tests.id(''run'', ''another'') where run_id is not null',
        array[
            pg_temp.gap('run_without_status_change', tests.id('run', 'another'), '0 entries, 2 changes', 'mentor_status_changes'),
            pg_temp.changes('2 entries, 0 changes')
        ]
    ),
    (
        'update public.mentor_status_changes set run_id = tests.id(''run'', ''another'') where run_id is not null and mentor_id = tests.id(''mentor'', ''olga'')',
        array[
            pg_temp.gap('run_without_status_change', tests.id('run', 'another'), '0 entries, 1 changes', 'mentor_status_changes'),
            pg_temp.changes('2 entries, 1 changes')
        ]
    ),
    -- And with the reminders.
    (
        'delete from public.cert_expiry_reminders where certification_id = '
        '(select certification_id from public.certification_expiry_audit_log where id = pg_temp.reminder_of(''berit''))',
        array[pg_temp.gap('entry_without_reminder', pg_temp.reminder_of('berit'))]
    )
) as deed (statement, found);
create function pg_temp.kinds_after(statements text) returns text[]
language sql
as $$ select array(select split_part(found, ' | ', 1) from unnest(tests.gaps_after(statements)) as found) $$;
select is(pg_temp.kinds_after(format('update public.cert_expiry_reminders set %s', change)), found, 'of the reminders: ' || change)
from (
    values
    ('run_id = gen_random_uuid()', array['entry_without_reminder', 'entry_without_reminder', 'reminder_without_entry', 'reminder_without_entry']),
    ('run_id = null', array['entry_without_reminder', 'entry_without_reminder']),
    ('threshold_day = 60', array['entry_without_reminder', 'entry_without_reminder', 'reminder_without_entry', 'reminder_without_entry']),
    (
        'certification_id = (select id from public.certifications where mentor_id = tests.id(''mentor'', ''olga''))',
        array['entry_without_reminder', 'entry_without_reminder', 'reminder_without_entry', 'reminder_without_entry']
    ),
    (
        'mentor_id = tests.id(''mentor'', ''olga'') where certification_id = '
        '(select certification_id from public.certification_expiry_audit_log where id = pg_temp.reminder_of(''berit''))',
        array['entry_without_reminder', 'reminder_without_entry']
    ),
    -- Whose duplicate it was: nobody's any more.
    (
        'sent_at = now(); update public.peer_mentors set merged_into = null where merged_into is not null',
        array['entry_without_reminder', 'fact_differs', 'reminder_without_entry']
    )
) as deed (change, found);
select is(
    pg_temp.kinds_after('update public.certification_expiry_audit_log set organisation_id = tests.id(''organisation'', ''south'') where event_type = ''reminder_dispatched'''),
    array['entry_without_reminder', 'entry_without_reminder', 'reminder_without_entry', 'reminder_without_entry'], 'an entry of another organisation'
);
select is(
    tests.gaps_after('delete from public.certification_expiry_audit_log where id = pg_temp.reminder_of(''berit''); update public.certification_expiry_runs set total_reminders_sent = 1'),
    array(
        select pg_temp.gap('reminder_without_entry', reminder.id)
        from public.cert_expiry_reminders as reminder
        inner join public.certification_expiry_audit_log as entry on entry.certification_id = reminder.certification_id
        where entry.id = pg_temp.reminder_of('berit')
    ), 'a reminder names itself'
);

-- What could not be written, by the alert or by the note of the run.
create function pg_temp.holes_after(statements text) returns text[]
language sql
as $$
    select array(
        select split_part(found, ' | ', 1) || coalesce(substring(found from ' \(\D+\)$'), '') from unnest(tests.gaps_after(statements)) as found
    )
$$;
select is(
    pg_temp.holes_after('delete from public.certification_expiry_audit_log; ' || statements), found, description
)
from (
    values
    (
        'select', array['reminder_without_entry', 'reminder_without_entry', 'run_differs', 'run_without_status_change'], 'without all of its entries'
    ),
    (
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:certification_expiry_audit_log'', '
        'details => jsonb_build_object(''run_id'', tests.id(''run'', ''one'')))',
        array[
            'reminder_without_entry (could not be written)', 'reminder_without_entry (could not be written)', 'run_differs (could not be written)',
            'run_without_status_change (could not be written)'
        ], 'which an alert says could not be written'
    ),
    (
        'update public.certification_expiry_runs set note = ''The audit entries could not be written: x''',
        array[
            'reminder_without_entry (could not be written)', 'reminder_without_entry (could not be written)', 'run_differs (could not be written)',
            'run_without_status_change (could not be written)'
        ], 'or the note of the run does'
    ),
    (
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:certification_expiry_audit_log'', '
        'details => jsonb_build_object(''run_id'', tests.id(''run'', ''another'')))',
        array['reminder_without_entry', 'reminder_without_entry', 'run_differs', 'run_without_status_change'], 'not that of another run'
    ),
    (
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:proxy_audit_log'', '
        'details => jsonb_build_object(''run_id'', tests.id(''run'', ''one'')))',
        array['reminder_without_entry', 'reminder_without_entry', 'run_differs', 'run_without_status_change'], 'or of another log'
    ),
    -- Archived, with the first instant of the next month.
    (
        'select tests.make_archived(''certification_expiry_audit_log'', ''2019-03-01''); update public.certification_expiry_runs set started_at = ''2019-03-31 23:59+00''; '
        'update public.cert_expiry_reminders set sent_at = ''2019-03-31 23:59+00''; update public.mentor_status_changes set changed_at = ''2019-03-31 23:59+00''',
        array['reminder_without_entry (archived)', 'reminder_without_entry (archived)', 'run_differs (archived)', 'run_without_status_change (archived)'], 'archived'
    ),
    (
        'select tests.make_archived(''certification_expiry_audit_log'', ''2019-03-01''); update public.certification_expiry_runs set started_at = ''2019-04-01 00:00+00''; '
        'update public.cert_expiry_reminders set sent_at = ''2019-04-01 00:00+00''; update public.mentor_status_changes set changed_at = ''2019-04-01 00:00+00''',
        array['reminder_without_entry', 'reminder_without_entry', 'run_differs', 'run_without_status_change'], 'an archive that ends before it'
    ),
    (
        'select tests.make_archived(''proxy_audit_log'', ''2019-03-01''); update public.certification_expiry_runs set started_at = ''2019-03-31 23:59+00''; '
        'update public.cert_expiry_reminders set sent_at = ''2019-03-31 23:59+00''; update public.mentor_status_changes set changed_at = ''2019-03-31 23:59+00''',
        array['reminder_without_entry', 'reminder_without_entry', 'run_differs', 'run_without_status_change'], 'an archive of another log'
    )
) as given (statements, found, description);
select is(
    pg_temp.holes_after(
        'delete from public.mentor_status_changes; update public.certification_expiry_audit_log set "timestamp" = ''' || entered_at
        || '''; update public.administrative_changes set changed_at = changed_at - interval ''20 years'' where subject_kind = ''mentor''; '
        'select tests.make_archived(''mentor_status_changes'', ''2019-03-01'')'
    ), array[found], 'status changes of ' || entered_at
)
from (
    values
    ('2019-03-31 23:59+00', 'run_without_status_change (archived)'), ('2019-04-01 00:00+00', 'run_without_status_change')
) as given (entered_at, found);
-- A run at the turn of a month: of part of it the month is archived.
select is(
    pg_temp.holes_after(
        'update public.certification_expiry_audit_log set "timestamp" = ''2019-03-31 23:59+00'' where mentor_id = tests.id(''mentor'', ''olga''); '
        'update public.mentor_status_changes set changed_at = ''2019-03-31 23:59+00'' where mentor_id = tests.id(''mentor'', ''olga''); '
        'update public.administrative_changes set changed_at = changed_at - interval ''20 years'' where subject_kind = ''mentor''; ' || statement
    ), array[found], statement
)
from (
    values
    (
        'select tests.make_archived(''mentor_status_changes'', ''2019-03-01''); delete from public.mentor_status_changes where mentor_id = tests.id(''mentor'', ''olga'')',
        'run_without_status_change (archived)'
    ),
    (
        'select tests.make_archived(''certification_expiry_audit_log'', ''2019-03-01''); delete from public.certification_expiry_audit_log '
        'where event_type = ''status_transitioned''; update public.certification_expiry_runs set total_transitioned = 0',
        'run_without_status_change (archived)'
    )
) as given (statement, found);
select * from finish();
rollback;
