begin;
select plan(11);
select tests.make_two_organisations();
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values (tests.id('badge', 'a'), tests.id('organisation', 'north'), 'a', 'A', '{"metric": "activity_count", "at_least": 1}');
select tests.make_activity('one', 'olga');

select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select throws_ok(
    $$ select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'a'), ' ') $$, '22023', null, 'a reason is needed'
);
select lives_ok(
    $$ select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'a'), 'awarded by mistake') $$,
    'a coordinator in scope revokes'
);
select throws_ok(
    $$ select public.revoke_badge(tests.id('mentor', 'berit'), tests.id('badge', 'a'), 'mistake') $$,
    '42501', null, 'but not outside the chapter'
);
select tests.acts_as('authenticated', tests.id('user', 'sven'));
select throws_ok(
    $$ select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'a'), 'mistake') $$,
    'PT404', null, 'and another organisation''s coordinator does not learn that the mentor exists'
);
reset role;
select tests.make_activity('two', 'olga');
select is(
    (select revoke_reason from public.earned_badges where mentor_id = tests.id('mentor', 'olga')), 'awarded by mistake',
    'a new activity leaves it revoked'
);
select is((select count(*) from public.earned_badges where mentor_id = tests.id('mentor', 'olga')), 1::bigint, 'and adds no second');
-- Olga coordinates her chapter, too.
insert into public.coordinator_assignments (user_id, organisation_id)
values (tests.id('user', 'olga'), tests.id('organisation', 'north'));
select tests.acts_as('authenticated', tests.id('user', 'olga'));
select throws_ok(
    $$ select public.reinstate_badge(tests.id('mentor', 'olga'), tests.id('badge', 'a')) $$,
    '42501', null, 'nobody reinstates their own badge'
);
select throws_ok(
    $$ select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'a'), 'mistake') $$,
    '42501', null, 'or revokes it'
);
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select lives_ok($$ select public.reinstate_badge(tests.id('mentor', 'olga'), tests.id('badge', 'a')) $$, 'reinstated');
reset role;
select ok(
    (select revoked_at is null and evidence @> '[{"revoke_reason": "awarded by mistake"}]' from public.earned_badges
    where mentor_id = tests.id('mentor', 'olga')), 'it is held again, and the evidence tells of the revocation'
);
select throws_ok(
    $$ select public.reinstate_badge(tests.id('mentor', 'olga'), tests.id('badge', 'a')) $$, 'PT404', null, 'only what was revoked'
);
select finish();
rollback;
