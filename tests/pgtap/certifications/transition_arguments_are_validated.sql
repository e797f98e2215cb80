begin;
select plan(6);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
select throws_ok(
    format('select public.transition_mentor_status(%L, %L, reason => %L)', tests.id('mentor', 'olga'), to_status, reason),
    '22023', null, name
)
from (
    values ('paused', repeat('x', 501), 'a reason is no longer than 500 characters'), (null, 'x', 'a status is needed')
) as refused (to_status, reason, name);
select throws_ok(
    format('select public.transition_mentor_status(%L, ''paused'', expected_status => ''withdrawn'')', tests.id('mentor', 'olga')),
    'PL002', null, 'what was expected is compared'
);
select throws_ok(
    format('select public.transition_mentor_status(%L, ''active'')', tests.id('mentor', 'olga')),
    'PL002', null, 'nobody becomes what they are'
);
select is(tests.status('olga'), 'active', 'nothing has changed');
select lives_ok(
    format('select public.transition_mentor_status(%L, ''paused'', reason => %L)', tests.id('mentor', 'olga'), repeat('x', 500)),
    '500 characters fit'
);
select finish();
rollback;
