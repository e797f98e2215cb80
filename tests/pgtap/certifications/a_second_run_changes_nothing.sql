begin;
select plan(11);
select tests.make_organisation('north');
select tests.make_coordinator('nina', 'north');
select tests.make_mentor(name, 'north') from unnest(array['expired', 'due']) as name;
select tests.make_certificate('expired', '2026-02-28');
select tests.make_certificate('due', '2026-03-10');
create temporary table first_run as select * from public.run_certification_expiry('2026-03-01', tests.id('run', '1'));

create temporary view state as
select tests.fingerprint(watched.name) as fingerprint, watched.name
from unnest(array[
    'public.peer_mentors', 'public.mentor_status_changes', 'public.cert_expiry_reminders', 'public.notifications',
    'public.certification_expiry_audit_log'
]::regclass[]) as watched (name);
create temporary table before as select * from state;
select is((select total_transitioned + total_reminders_sent from first_run), 2, 'the first run had something to do');

select results_eq(
    $$ select * from public.run_certification_expiry('2026-03-01', tests.id('run', '1')) $$, 'select * from first_run',
    'the same run id gives the same row'
);
select results_eq(
    $$ select * from public.run_certification_expiry(run_id => tests.id('run', '1')) $$, 'select * from first_run',
    'also without the date'
);
select results_eq('select * from state', 'select * from before', 'and changes nothing');
select throws_ok(
    $$ select public.run_certification_expiry('2026-03-02', tests.id('run', '1')) $$, '22023',
    format('The run %s is for 2026-03-01, not for 2026-03-02.', tests.id('run', '1')), 'a run has one date'
);

create temporary table second_run as select * from public.run_certification_expiry('2026-03-01', tests.id('run', '2'));
select results_eq('select * from state', 'select * from before', 'another run of the same date changes nothing');
select is(
    (select row(status, total_transitioned, total_reminders_sent, total_failures)::text from second_run),
    '(succeeded,0,0,0)', 'it did nothing'
);
select is(
    (select note from second_run), 'Nothing to do: no certificate had expired and no reminder was due.', 'and says so'
);
select is((select note from first_run), null::text, 'unlike the first');
select public.run_certification_expiry('2026-02-25');
select results_eq('select * from state', 'select * from before', 'an earlier date neither reminds more widely nor undoes');
select throws_ok(
    $$ select public.run_certification_expiry('infinity') $$, '22023',
    'as_of must be a date from 1970 to 2199, not infinity.', 'a date that is none is refused'
);
select * from finish();
rollback;
