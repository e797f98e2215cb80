begin;
select plan(7);
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
