begin;
select plan(11);
select tests.make_two_organisations();
select tests.make_certificate('olga', '2026-02-28');
select public.run_certification_expiry('2026-03-01', tests.id('run', '1'));
select is_empty('select from public.find_duplicate_transitions()', 'one transition is none');
insert into public.certification_expiry_audit_log (
    run_id, mentor_id, certification_id, event_type, old_status, new_status, organisation_id
)
select tests.id('run', '2'), mentor_id, certification_id, event_type, old_status, new_status, organisation_id
from public.certification_expiry_audit_log;
select results_eq(
    'select mentor_id, first_run_id, duplicate_run_id from public.find_duplicate_transitions()',
    $$ values (tests.id('mentor', 'olga'), tests.id('run', '1'), tests.id('run', '2')) $$,
    'a second one without a way back is'
);
select is(
    tests.outcome('authenticated', tests.id('user', name), 'select public.find_duplicate_transitions()'), seen,
    name || ' finds ' || seen
)
from (values ('nina', '1'), ('sven', '0'), ('olga', '0')) as reader (name, seen);

-- A way back of another, or of another time, or a change that is none, makes it no less one.
insert into public.mentor_status_changes (organisation_id, mentor_id, old_status, new_status, changed_at, cause)
select
    tests.id('organisation', 'north'), tests.id('mentor', mentor), old_status, 'active',
    -- Between the two, before them and after them.
    first_at + (duplicate_at - first_at) / 2 + away, 'direct'
from public.find_duplicate_transitions()
cross join (
    values
    ('berit', 'expired_cert'::public.mentor_status, interval '0'), ('olga', 'paused', interval '0'),
    ('olga', 'expired_cert', - interval '1 hour'), ('olga', 'expired_cert', interval '1 hour')
) as change (mentor, old_status, away);
select is(
    (select count(*) from public.find_duplicate_transitions()), 1::bigint, 'nothing of that brought her back between the two'
);
-- Of three in a row, whatever was written first, each repeats the one before it in time.
insert into public.certification_expiry_audit_log (
    run_id, mentor_id, certification_id, event_type, old_status, new_status, organisation_id, "timestamp"
)
select tests.id('run', name), mentor_id, certification_id, event_type, old_status, new_status, organisation_id, now() - age
from public.certification_expiry_audit_log
cross join (values ('-1', interval '1 day'), ('-2', interval '2 days')) as earlier (name, age)
where run_id = tests.id('run', '1') and mentor_id = tests.id('mentor', 'olga');
select results_eq(
    'select first_run_id, duplicate_run_id, total_count from public.find_duplicate_transitions()',
    $$
    values
    (tests.id('run', '-2'), tests.id('run', '-1'), 2::bigint), (tests.id('run', '1'), tests.id('run', '2'), 2)
    $$,
    'in the order of time; who was brought back an hour before is none'
);
select is(
    tests.outcome(role_name, tests.id('user', 'nina'), 'select public.find_duplicate_transitions()'), '2', 'each once: ' || role_name
)
from unnest(array['authenticated', 'service_role']) as role_name;

-- A certificate that was corrected, and corrected back, expires twice.
select tests.make_certificate('sara', '2026-02-28');
select public.run_certification_expiry('2026-03-01');
update public.certifications set expires_on = '2199-02-28' where mentor_id = tests.id('mentor', 'sara');
select public.transition_mentor_status(tests.id('mentor', 'sara'), 'active');
update public.certifications set expires_on = '2026-02-28' where mentor_id = tests.id('mentor', 'sara');
select public.run_certification_expiry('2026-03-01');
select is(
    (
        select count(distinct certification_id)::text || ' ' || count(*) from public.certification_expiry_audit_log
        where mentor_id = tests.id('mentor', 'sara')
    ),
    '1 2', 'a mentor may expire twice by one certificate'
);
select is_empty(
    $$ select from public.find_duplicate_transitions() where mentor_id = tests.id('mentor', 'sara') $$,
    'which is none when there was a way back in between'
);
select * from finish();
rollback;
