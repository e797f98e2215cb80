begin;
select plan(24);
select tests.make_organisation('north');
select tests.make_mentor(name, 'north') from unnest(array['olga', 'paul', 'wera']) as name;
select tests.make_certificate(name, current_date - 30) from unnest(array['olga', 'paul', 'wera']) as name;
select public.transition_mentor_status(tests.id('mentor', 'paul'), 'paused');
select public.transition_mentor_status(tests.id('mentor', 'wera'), 'withdrawn');
select public.run_certification_expiry(current_date - 35);
select public.run_certification_expiry(current_date);
select is(tests.status('olga'), 'expired_cert', 'olga has expired');
select is((select count(*) from public.cert_expiry_reminders), 1::bigint, 'and was reminded before');

select is(
    (select expires_on from public.renew_certification(tests.id('mentor', 'olga'), current_date - 60, current_date - 1)),
    current_date - 1, 'a renewal that has run out by now is registered'
);
select is(tests.status('olga'), 'expired_cert', 'but brings nobody back');
select throws_ok(
    format('select public.transition_mentor_status(%L, ''active'')', tests.id('mentor', 'olga')), 'PL003',
    format('The mentor''s certificate expired on %s.', current_date - 1), 'nor does a coordinator'
);
create temporary table renewed as
select * from public.renew_certification(tests.id('mentor', 'olga'), current_date, current_date + 365);
select is(tests.status('olga'), 'active', 'one that is valid does');
select results_eq(
    $$ select id from public.renew_certification(tests.id('mentor', 'olga'), current_date, current_date + 365) $$,
    'select id from renewed', 'sent twice, it is one certificate'
);
select public.renew_certification(tests.id('mentor', name), current_date, current_date + 365) from unnest(array['paul', 'wera']) as name;
select is(tests.status('paul') || ' ' || tests.status('wera'), 'paused withdrawn', 'who paused or left stays so');

select public.run_certification_expiry(current_date + 1);
select is((select count(*) from public.cert_expiry_reminders), 1::bigint, 'far from the new date nobody is reminded');
select public.run_certification_expiry(current_date + 340);
select is(
    (select array_agg(certification_expiry_date order by 1) from public.cert_expiry_reminders),
    array[current_date - 30, current_date + 365], 'near it somebody is, anew'
);
select public.run_certification_expiry(current_date + 366);
select is(tests.status('olga'), 'expired_cert', 'and in the end it expires again');
select is_empty('select * from public.find_duplicate_transitions()', 'which is no duplicate');

-- Each is a certificate of its own: of another mentor with the same dates, and of another day of issue. The one issued later governs.
select tests.make_mentor(name, 'north') from unnest(array['anna', 'kari']) as name;
create temporary table issued as
select name, (public.renew_certification(tests.id('mentor', name), given.issued_on, '2100-01-01')).*
from (values ('anna', date '2026-01-02'), ('kari', '2026-01-02'), ('kari', '2026-01-03'), ('kari', '2026-01-01')) as given (name, issued_on);
select is((select count(distinct id) from issued), 4::bigint, 'four certificates');
select is_empty($$ select from issued where mentor_id <> tests.id('mentor', name) $$, 'each of whom it was issued to');
select is(
    (select certification_id from private.governing_certification(tests.id('mentor', 'kari'))),
    (select id from public.certifications where mentor_id = tests.id('mentor', 'kari') and issued_on = '2026-01-03'),
    'of those that expire on one day the one that was issued last'
);
select is(
    (select certification_id from public.simulate_certification_expiry('2100-01-02') where mentor_id = tests.id('mentor', 'kari')),
    (select id from public.certifications where mentor_id = tests.id('mentor', 'kari') and issued_on = '2026-01-03'),
    'also when it expires'
);
-- The same in everything: then the id decides, for both.
insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on)
select tests.id('organisation', 'north'), tests.id('mentor', 'kari'), '2026-01-03', '2100-01-01' from generate_series(1, 4);
select is(
    (select certification_id from private.governing_certification(tests.id('mentor', 'kari'))),
    (select certification_id from public.simulate_certification_expiry('2100-01-02') where mentor_id = tests.id('mentor', 'kari')),
    'of twins it is the same one'
);
select is(
    tests.outcome('service_role', null, format('select public.renew_certification(%L, %L, ''2100-01-01'')', tests.id('mentor', 'anna'), issued_on)), outcome,
    'issued on ' || issued_on
)
from (values ('1969-12-31', '22023'), ('1970-01-01', '1')) as given (issued_on, outcome);
select is(
    tests.outcome('service_role', null, format('select public.renew_certification(%L, ''2026-01-01'', %L)', tests.id('mentor', 'anna'), expires_on)), outcome,
    'expires on ' || expires_on
)
from (values ('2199-12-31', '1'), ('2200-01-01', '22023')) as given (expires_on, outcome);
select throws_ok(
    format('select public.renew_certification(%L, %L, %L)', tests.id('mentor', 'olga'), issued_on, expires_on), '22023',
    'A certificate needs a date of issue and a later date of expiry.', format('%s to %s is refused', issued_on, expires_on)
)
from (values ('2026-01-01', '2026-01-01'), ('2026-01-01', null), ('2026-01-01', 'infinity')) as attempt (issued_on, expires_on);
select * from finish();
rollback;
