-- Each from each: the machine as it should be, written out a second time.
begin;
select plan(22);
select tests.make_organisation('north');
create temporary table attempts as
select row_number() over () as number, from_status, to_status
from unnest(enum_range(null::public.mentor_status)) as from_status, unnest(enum_range(null::public.mentor_status)) as to_status;
select tests.make_mentor('m' || number, 'north') from attempts;
update public.peer_mentors as mentor set status = from_status
from attempts where mentor.id = tests.id('mentor', 'm' || number);
select is(
    tests.outcome('service_role', null, format(
        'select public.transition_mentor_status(%L, %L)', tests.id('mentor', 'm' || number), to_status
    )),
    case
        when format('%s>%s', from_status, to_status) in (
            'active>paused', 'active>expired_cert', 'active>withdrawn', 'paused>active', 'paused>withdrawn',
            'expired_cert>active', 'expired_cert>paused', 'expired_cert>withdrawn', 'withdrawn>paused'
        )
            then '1'
        else 'PL002'
    end,
    format('%s to %s', from_status, to_status)
)
from attempts;

select tests.make_mentor('olga', 'north');
select throws_ok(
    format('select public.transition_mentor_status(%L, ''paused'', ''withdrawn'')', tests.id('mentor', 'olga')), 'PL002',
    'The mentor is active, not withdrawn as expected.', 'a status that is not the expected one is not changed'
);
select lives_ok(
    format('select public.transition_mentor_status(%L, ''paused'', ''active'')', tests.id('mentor', 'olga')),
    'the expected one is'
);
select tests.make_certificate('olga', current_date - 10);
select throws_ok(
    format('select public.transition_mentor_status(%L, ''active'')', tests.id('mentor', 'olga')), 'PL003',
    format('The mentor''s certificate expired on %s.', current_date - 10), 'nobody becomes active on an expired certificate'
);
select tests.make_certificate('olga', current_date + 10);
select lives_ok(
    format('select public.transition_mentor_status(%L, ''active'')', tests.id('mentor', 'olga')), 'but on a valid one'
);
select throws_ok(
    format('select public.transition_mentor_status(%L, null)', tests.id('mentor', 'olga')), '22023',
    'to_status must be a status, and a reason has at most 500 characters.', 'null is not a status'
);
select throws_ok(
    format('select public.transition_mentor_status(%L, ''paused'')', tests.id('mentor', 'nobody')), 'PT404',
    format('There is no mentor %s that you can see.', tests.id('mentor', 'nobody')), 'nobody is not found'
);
select * from finish();
rollback;
