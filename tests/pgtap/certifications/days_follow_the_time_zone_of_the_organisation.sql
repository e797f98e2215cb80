-- It is one moment everywhere, and not one date: Kiritimati is a day ahead of Pago Pago at any time.
begin;
select plan(6);
select tests.make_organisation(name) from unnest(array['east', 'west']) as name;
update public.organisations set time_zone = 'Pacific/Kiritimati' where slug = 'east';
update public.organisations set time_zone = 'Pacific/Pago_Pago' where slug = 'west';
select tests.make_mentor(name, name) from unnest(array['east', 'west']) as name;
-- Yesterday in the east, today in the west.
select tests.make_certificate(name, (now() at time zone 'Pacific/Kiritimati')::date - 1) from unnest(array['east', 'west']) as name;

select results_eq(
    'select mentor_id, event_type from public.simulate_certification_expiry() order by event_type desc',
    $$ values (tests.id('mentor', 'east'), 'status_transitioned'), (tests.id('mentor', 'west'), 'reminder_dispatched') $$,
    'a simulation goes by each organisation''s own today'
);
select is(
    (
        select row(total_transitioned, total_reminders_sent, is_local_today, as_of = (now() at time zone 'Europe/Oslo')::date)::text
        from public.run_certification_expiry()
    ),
    '(1,1,t,t)', 'and so does a run without a date'
);
select is(tests.status('east'), 'expired_cert', 'expired where the day is over');
select is(tests.status('west'), 'active', 'valid through its last day where it is not');
select throws_ok(
    format('select public.transition_mentor_status(%L, ''active'')', tests.id('mentor', 'east')), 'PL003',
    format('The mentor''s certificate expired on %s.', (now() at time zone 'Pacific/Kiritimati')::date - 1),
    'in the east it is no longer valid'
);
select public.transition_mentor_status(tests.id('mentor', 'west'), 'paused');
select lives_ok(
    format('select public.transition_mentor_status(%L, ''active'')', tests.id('mentor', 'west')), 'in the west it still is'
);
select * from finish();
rollback;
