begin;
select plan(12);
select tests.make_two_organisations();
select tests.make_certificate(name, current_date - 30) from unnest(array['olga', 'berit']) as name;
select public.run_certification_expiry(current_date);
select is(tests.status('olga') || ' ' || tests.status('berit'), 'expired_cert expired_cert', 'both have expired');

select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is(
    (select issued_on from public.renew_certification(tests.id('mentor', 'olga'), '2090-01-01', '2095-01-01')),
    '2090-01-01', 'one that is issued later is registered'
);
select is(tests.status('olga'), 'expired_cert', 'but brings nobody back today');
select throws_ok(
    format('select public.transition_mentor_status(%L, ''active'')', tests.id('mentor', 'olga')), 'PL003',
    'The mentor''s certificate is valid only from 2090-01-01.', 'nor does a coordinator'
);
select public.renew_certification(tests.id('mentor', 'olga'), current_date - 1, current_date + 1);
select is(tests.status('olga'), 'active', 'one for today does, beside the one for later');
select is(
    (select count(*) from public.notifications where kind = 'status_changed' and payload ->> 'mentor_id' = tests.id('mentor', 'olga')::text) > 0,
    true, 'which is told'
);
select public.transition_mentor_status(tests.id('mentor', 'olga'), 'paused');
select lives_ok(
    format('select public.transition_mentor_status(%L, ''active'')', tests.id('mentor', 'olga')), 'so does a coordinator'
);
select public.transition_mentor_status(tests.id('mentor', 'berit'), 'paused');
select throws_ok(
    format('select public.transition_mentor_status(%L, ''active'')', tests.id('mentor', 'berit')), 'PL003',
    format('The mentor''s certificate expired on %s.', current_date - 30), 'an old one is an old one'
);
reset role;
-- The run goes by the last day alone.
select public.run_certification_expiry(current_date + 2);
select is(tests.status('olga'), 'active', 'a certificate for later keeps who is active');
select public.run_certification_expiry('2095-01-01');
select is(tests.status('olga'), 'active', 'through its last day');
select public.run_certification_expiry('2095-01-02');
select is(tests.status('olga'), 'expired_cert', 'and no longer');
select is_empty('select * from public.find_duplicate_transitions()', 'each once');
select * from finish();
rollback;
