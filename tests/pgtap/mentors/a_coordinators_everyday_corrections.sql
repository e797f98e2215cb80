-- What happens in the course of a year, from the coordinator's side: each answer is right, or says what to do.
begin;
select plan(17);
select tests.make_two_organisations();
update public.organisations set time_zone = 'Pacific/Kiritimati' where id = tests.id('organisation', 'south');
-- Vera is a mentor in two organisations, with one user.
insert into public.peer_mentors (id, user_id, organisation_id, chapter_id, display_name)
values
(tests.id('mentor', 'vera north'), tests.id('user', 'vera'), tests.id('organisation', 'north'), tests.id('chapter', 'oslo'), 'vera'),
(tests.id('mentor', 'vera south'), tests.id('user', 'vera'), tests.id('organisation', 'south'), null, 'vera');

-- A coordinator leaves.
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select lives_ok(
    format('select public.register_proxy_activity(%L, ''walk'', ''2026-02-01'', 30, %L)', tests.id('mentor', 'olga'), tests.id('activity', 'oskar for olga')),
    'oskar registers for olga'
);
reset role;
delete from public.coordinator_assignments where user_id = tests.id('user', 'oskar');
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select throws_ok(
    format('select public.update_proxy_activity(%L, ''{"duration_minutes": 45}'')', tests.id('activity', 'oskar for olga')),
    'PT404', null, 'once he has left he changes it no more'
);
select is_empty('select from public.peer_mentors', 'and sees nobody');
reset role;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select lives_ok(
    format('select public.update_proxy_activity(%L, ''{"duration_minutes": 45}'')', tests.id('activity', 'oskar for olga')), 'his colleague corrects it'
);
select results_eq(
    format('select coordinator_id from public.proxy_audit_log where proxy_activity_id = %L order by "timestamp"', tests.id('activity', 'oskar for olga')),
    array[tests.id('user', 'oskar'), tests.id('user', 'nina')], 'and the log has both'
);

-- A mentor pauses; the certificate runs out meanwhile; she comes back.
reset role;
select tests.make_certificate('olga', current_date - 1);
select public.transition_mentor_status(tests.id('mentor', 'olga'), 'paused');
select public.run_certification_expiry(current_date);
select is(tests.status('olga'), 'paused', 'a paused mentor stays paused when the certificate runs out');
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select throws_ok(
    format('select public.transition_mentor_status(%L, ''active'')', tests.id('mentor', 'olga')), 'PL003',
    format('The mentor''s certificate expired on %s.', current_date - 1), 'she cannot come back without one, and is told why'
);
select lives_ok(
    format('select public.renew_certification(%L, current_date, current_date + 700)', tests.id('mentor', 'olga')), 'the new one is registered'
);
select is(tests.status('olga'), 'paused', 'which does not end the pause');
select lives_ok(format('select public.transition_mentor_status(%L, ''active'')', tests.id('mentor', 'olga')), 'now she comes back');

-- Two certificates, one of them wrong.
select lives_ok(
    format('select public.renew_certification(%L, current_date, %L)', tests.id('mentor', 'berit'), '2062-05-08'), 'a mistyped one'
);
select lives_ok(
    format('select public.renew_certification(%L, current_date, %L)', tests.id('mentor', 'berit'), '2028-05-08'), 'the right one beside it'
);
select lives_ok(
    $$ select public.void_certification(id, 'mistyped') from public.certifications where expires_on = '2062-05-08' $$, 'the mistyped one is taken back'
);
reset role;
select results_eq(
    format('select expires_on from private.governing_certification(%L)', tests.id('mentor', 'berit')), array[date '2028-05-08'],
    'and the right one governs'
);

-- One person, two organisations.
select tests.acts_as('authenticated', tests.id('user', 'vera'));
select results_eq(
    'select organisation_id from public.peer_mentors order by organisation_id',
    $$ select id from unnest(array[tests.id('organisation', 'north'), tests.id('organisation', 'south')]) as id order by id $$, 'she sees herself in both'
);
reset role;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select throws_ok(
    format('select public.move_mentor(%L, %L)', tests.id('mentor', 'vera south'), tests.id('chapter', 'oslo')), 'PT404', null,
    'north has no say in the other'
);
reset role;

-- It is tomorrow already on Kiritimati, where sara's organisation is.
select tests.acts_as('authenticated', tests.id('user', 'sven'));
select is(
    tests.outcome('authenticated', tests.id('user', 'sven'), format(
        'select public.register_proxy_activity(%L, ''walk'', (now() at time zone ''Pacific/Kiritimati'')::date, 30)', tests.id('mentor', 'sara')
    )), '1', 'today is the organisation''s'
);
reset role;
select * from finish();
rollback;
