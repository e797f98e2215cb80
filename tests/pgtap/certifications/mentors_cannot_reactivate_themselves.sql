-- A coordinator may be a mentor too, in their own chapter.
begin;
select plan(7);
select tests.make_two_organisations();
select tests.make_coordinator('olga', 'north', 'oslo');
select tests.make_certificate('olga', current_date - 30);
select public.run_certification_expiry(current_date);

select tests.acts_as('authenticated', tests.id('user', 'olga'));
select throws_ok(
    format('select public.renew_certification(%L, %L, %L)', tests.id('mentor', 'olga'), current_date, current_date + 365), '42501',
    'A coordinator cannot do this for themselves.', 'their own certificate'
);
select lives_ok(
    format('select public.transition_mentor_status(%L, ''paused'')', tests.id('mentor', 'olga')), 'who pauses needs nobody'
);
select throws_ok(
    format('select public.transition_mentor_status(%L, ''active'')', tests.id('mentor', 'olga')), '42501',
    'A coordinator cannot do this for themselves.', 'their own status'
);
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select lives_ok(
    format('select public.renew_certification(%L, %L, %L)', tests.id('mentor', 'olga'), current_date, current_date + 365),
    'a colleague can renew'
);
select lives_ok(format('select public.transition_mentor_status(%L, ''active'')', tests.id('mentor', 'olga')), 'and activate');
reset role;
select is(tests.status('olga'), 'active', 'so it is');
select tests.acts_as('service_role', tests.id('user', 'olga'));
select lives_ok(
    format('select public.renew_certification(%L, %L, %L)', tests.id('mentor', 'olga'), current_date, current_date + 366),
    'the service role acts for everybody'
);
select * from finish();
rollback;
