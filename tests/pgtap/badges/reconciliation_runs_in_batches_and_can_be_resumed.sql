begin;
select plan(9);
select tests.make_organisation('north');
select tests.make_mentor(name, 'north') from unnest('{olga, berit, kari}'::text[]) as name;
insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'north'), false);
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), 'a', 'A', '{"metric": "activity_count", "at_least": 1}');
select tests.make_activity(name, name) from unnest('{olga, berit, kari}'::text[]) as name;
update public.organisation_settings set badges_enabled = true;

create temp table finished (at timestamptz);
create temp table reconciliation as select public.start_badge_reconciliation('-infinity', true) as id;
grant select on reconciliation to service_role, authenticated;

select results_eq(
    'select (progress).* from (select public.continue_badge_reconciliation(id, 2) as progress from reconciliation) as batch',
    $$ values (3::bigint, 2::bigint, 3::bigint, 2::bigint, 2::bigint, false, 0::bigint, 2::bigint) $$, 'two of three are done'
);
select is((select count(*) from public.earned_badges), 2::bigint, 'and have their badge');

-- Meanwhile, one more is earned by an ordinary insert.
select tests.make_activity(name || ' again', name) from unnest('{olga, berit, kari}'::text[]) as name;
select results_eq(
    'select (progress).* from (select public.continue_badge_reconciliation(id, 2) as progress from reconciliation) as batch',
    $$ values (3::bigint, 3::bigint, 3::bigint, 2::bigint, 2::bigint, true, 0::bigint, 3::bigint) $$,
    'the third was not missed any more, and it is finished'
);
insert into finished select finished_at from private.badge_reconciliations;
select results_eq(
    'select (progress).* from (select public.continue_badge_reconciliation(id, 2) as progress from reconciliation) as batch',
    $$ values (3::bigint, 3::bigint, 3::bigint, 2::bigint, 2::bigint, true, 0::bigint, 3::bigint) $$, 'once finished it changes nothing'
);
select is((select finished_at from private.badge_reconciliations), (select at from finished), 'nor when it was finished');
select is(
    (select count(*) from public.notifications where kind = 'badge_awarded'), 1::bigint,
    'only the ordinary insert told anyone'
);
select throws_ok(
    'select public.continue_badge_reconciliation(gen_random_uuid())', 'PT404', null, 'an unknown one is not found'
);
select throws_ok(
    'select public.continue_badge_reconciliation(id, 0) from reconciliation', '22023', null, 'a batch has a size'
);
select tests.acts_as('authenticated', tests.make_coordinator('nina', 'north'));
select throws_ok(
    'select public.continue_badge_reconciliation(id) from reconciliation', '42501', null, 'it is for the service role only'
);
select finish();
rollback;
