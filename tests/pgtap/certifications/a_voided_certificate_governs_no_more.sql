begin;
select plan(30);
select tests.make_organisation('north');
select tests.make_organisation('south');
select tests.make_chapter(name, 'north') from unnest(array['oslo', 'bergen']) as name;
select tests.make_coordinator('nina', 'north');
select tests.make_coordinator('oskar', 'north', 'bergen');
select tests.make_coordinator('sven', 'south');
select tests.make_mentor(name, 'north', 'oslo') from unnest(array['olga', 'paul', 'vera', 'nils']) as name;
insert into public.peer_mentors (id, user_id, organisation_id, display_name)
values (tests.id('mentor', 'nina'), tests.id('user', 'nina'), tests.id('organisation', 'north'), 'nina');
insert into public.certifications (id, organisation_id, mentor_id, issued_on, expires_on)
select tests.id('certificate', name), tests.id('organisation', 'north'), tests.id('mentor', mentor), current_date - 400, expires_on
from (
    values
    -- 2062 was typed for 2026; olga's right one has expired, paul's has not.
    ('olga 2062', 'olga', date '2062-05-08'), ('olga right', 'olga', current_date - 3),
    ('paul 2062', 'paul', '2062-05-08'), ('paul right', 'paul', current_date + 20),
    ('vera', 'vera', current_date - 3), ('nina', 'nina', current_date + 100)
) as given (name, mentor, expires_on);
create function pg_temp.void(name text) returns text language sql as $$
    select format('select public.void_certification(%L, ''mistyped'')', tests.id('certificate', void.name))
$$;

select is(tests.outcome(role_name, tests.id('user', user_name), pg_temp.void(certificate)), expected, description)
from (
    values
    ('authenticated', 'nina', 'olga 2062', '1', 'a coordinator in scope may'),
    ('service_role', null, 'olga 2062', '1', 'so may the service role'),
    ('authenticated', 'oskar', 'olga 2062', '42501', 'one of another chapter may not'),
    ('authenticated', 'sven', 'olga 2062', 'PT404', 'for another organisation''s it is not there'),
    ('authenticated', 'olga', 'olga 2062', 'PT404', 'nor for the mentor'),
    ('authenticated', 'nina', 'nina', '42501', 'nobody voids their own'),
    ('anon', null, 'olga 2062', '42501', 'anon calls nothing')
) as actor (role_name, user_name, certificate, expected, description);

select tests.acts_as('authenticated', tests.id('user', 'nina'));
select throws_ok(
    format('select public.void_certification(%L, %L)', tests.id('certificate', 'olga 2062'), reason), '22023',
    'A certificate is voided for a reason, of at most 500 characters.', 'without a reason it is refused'
) from unnest(array[null, ' ', repeat('x', 501)]) as reason;

select lives_ok(pg_temp.void('olga 2062'), 'the mistyped one is taken back');
select is(tests.status('olga'), 'expired_cert', 'the one that governs now has expired: so has the mentor, at once');
select lives_ok(pg_temp.void('paul 2062'), 'another mistyped one');
select is(tests.status('paul'), 'active', 'whose right one is valid stays active');
select lives_ok(pg_temp.void('paul 2062'), 'sent twice, it is voided once');
reset role;
select results_eq(
    $$ select count(*), max(changed_by::text) from public.administrative_changes where change_kind = 'voided' $$,
    $$ values (2::bigint, tests.id('user', 'nina')::text) $$, 'on record once each, and by whom'
);
select results_eq(
    $$ select voided_by, void_reason from public.certifications where id = tests.id('certificate', 'paul 2062') and voided_at is not null $$,
    $$ values (tests.id('user', 'nina'), 'mistyped') $$, 'it stays, marked'
);
select results_eq(
    $$ select cause, changed_by from public.mentor_status_changes where mentor_id = tests.id('mentor', 'olga') $$,
    $$ values ('certification_voided', tests.id('user', 'nina')) $$, 'the status history says why'
);
select isnt_empty(
    $$ select from public.notifications where recipient_mentor_id = tests.id('mentor', 'olga') and kind = 'status_changed' $$, 'the mentor is told'
);
select public.run_certification_expiry(current_date);
select results_eq(
    'select mentor_id, certification_expiry_date from public.cert_expiry_reminders',
    $$ values (tests.id('mentor', 'paul'), current_date + 20) $$, 'the night goes by the ones that govern'
);
select public.renew_certification(tests.id('mentor', 'olga'), current_date - 400, '2062-05-08');
select is(tests.status('olga'), 'active', 'the same dates, registered anew, are a new certificate');
select public.void_certification((select id from public.certifications where mentor_id = tests.id('mentor', 'olga') and voided_at is null and expires_on = '2062-05-08'), 'again');
select is(tests.status('olga'), 'expired_cert', 'and can be voided like the first');
select throws_ok($$ select public.void_certification(gen_random_uuid(), 'x') $$, 'PT404', null, 'one that is not there is not found');
-- Nobody expires, or is reminded, by what was voided; and of two voided the first reason stays.
insert into public.certifications (id, organisation_id, mentor_id, issued_on, expires_on)
select tests.id('certificate', name), tests.id('organisation', 'north'), tests.id('mentor', 'nils'), current_date - 400, expires_on
from (values ('nils wrong', current_date - 5), ('nils mistyped', current_date + 5)) as given (name, expires_on);
select is(
    (select void_reason from public.void_certification(tests.id('certificate', name), 'first')), 'first', name
)
from unnest(array['nils wrong', 'nils mistyped']) as name;
select is(
    (select void_reason from public.void_certification(tests.id('certificate', 'nils wrong'), 'second')), 'first', 'sent again it answers as it is'
);
select is(
    tests.outcome('service_role', null, format('select public.void_certification(%L, repeat(''x'', 500))', tests.id('certificate', 'nina'))), '1', 'a long reason'
);
select is(
    tests.refusal(format('select public.void_certification(%L, '''')', tests.id('certificate', 'nina'))), '22023 reason', 'the argument is named'
);
select is_empty(
    $$ select from public.simulate_certification_expiry(current_date) where mentor_id = tests.id('mentor', 'nils') $$, 'a voided one expires nobody'
);
-- Of two that expired, the one that is left brings nobody back.
insert into public.certifications (id, organisation_id, mentor_id, issued_on, expires_on)
select tests.id('certificate', 'vera later'), tests.id('organisation', 'north'), tests.id('mentor', 'vera'), current_date - 300, current_date - 2;
update public.peer_mentors set status = 'active' where id = tests.id('mentor', 'vera');
select public.transition_mentor_status(tests.id('mentor', 'vera'), 'expired_cert');
select public.void_certification(tests.id('certificate', 'vera later'), 'mistyped');
select is(tests.status('vera'), 'expired_cert', 'who has expired by both stays so');
select * from finish();
rollback;
