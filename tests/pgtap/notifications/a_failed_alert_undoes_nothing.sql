begin;
select plan(8);
select tests.make_organisation('north');
select tests.make_coordinator('nina', 'north');
select tests.make_mentor(name, 'north') from unnest(array['expired', 'due', 'expired later']) as name;
select tests.make_listed_mentor('olga', 'north');
select tests.make_certificate('expired', '2026-02-28');
select tests.make_certificate('due', '2026-03-10');
select tests.make_certificate('expired later', '2026-05-31');

-- For each statement: also one that inserts nobody's message fails.
create function pg_temp.fail() returns trigger language plpgsql as $$
begin
    raise exception 'Out of order.';
end
$$;
create trigger fail before insert on public.notifications for each statement execute function pg_temp.fail();

select is(
    (
        select row(status, total_transitioned, total_reminders_sent, total_failures)::text
        from public.run_certification_expiry('2026-03-01', tests.id('run', '1'))
    ),
    '(succeeded,0,0,2)', 'without an outbox nobody can be handled, and the run says so'
);
select results_eq(
    $$ select mentor_id, event_type from public.certification_expiry_audit_log order by event_type $$,
    $$
    values (tests.id('mentor', 'due'), 'reminder_failed'), (tests.id('mentor', 'expired'), 'transition_failed')
    $$, 'each has an entry'
);
select is((select array_agg(kind) from public.ops_alerts), array['certification_failures'], 'an operator learns of it');

select public.claim_hlf_sync('w', 10, '1 minute');
select public.complete_hlf_sync(jsonb_build_array(
    tests.sync_result('olga', 401) || jsonb_build_object('credential_organisations', jsonb_build_array(tests.id('organisation', 'north')))
));
select is((select array_agg(reason) from public.hlf_sync_pauses), array['credentials_refused'], 'the sync stands still');
select is(
    (select array_agg(severity) from public.ops_alerts where kind = 'auth_failure'), array['critical'],
    'a critical alert stands though nobody is sent it'
);

-- Nor can it be raised.
drop trigger fail on public.notifications;
alter table public.ops_alerts add constraint nothing_fits check (false) not valid;
alter table public.certification_expiry_audit_log add constraint nothing_fits check (false) not valid;
select is(
    (select status from public.run_certification_expiry('2026-06-01', tests.id('run', '2'))), 'succeeded',
    'a run succeeds though neither its entries nor an alert can be written'
);
select is(tests.status('expired later'), 'expired_cert', 'and has done its work');
select is((select count(*) from public.ops_alerts), 2::bigint, 'no alert was added');
select * from finish();
rollback;
