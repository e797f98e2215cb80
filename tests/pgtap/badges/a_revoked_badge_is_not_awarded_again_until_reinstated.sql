begin;
select plan(26);
select tests.make_two_organisations();
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values
(tests.id('badge', 'a'), tests.id('organisation', 'north'), 'a', 'A', '{"metric": "activity_count", "at_least": 1}'),
(tests.id('badge', 'b'), tests.id('organisation', 'north'), 'b', 'B', '{"metric": "activity_count", "at_least": 2}'),
(
    tests.id('badge', 'c'), tests.id('organisation', 'north'), 'c', 'C',
    '{"all": [{"metric": "badge_earned", "badge": "a"}, {"metric": "activity_count", "at_least": 4}]}'
);
select tests.make_activity('one', 'olga');
select tests.make_activity('berit one', 'berit');
create function pg_temp.held() returns text
language sql
as $$
    select string_agg(mentor.display_name || ' ' || definition.slug, ', ' order by mentor.display_name, definition.slug)
    from public.earned_badges as earned
    inner join public.peer_mentors as mentor on mentor.id = earned.mentor_id
    inner join public.badge_definitions as definition on definition.id = earned.badge_definition_id
    where earned.revoked_at is null
$$;
select is(pg_temp.held(), 'berit a, berit b, olga a, olga b', 'two mentors hold two badges each');

select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select throws_ok(
    $$ select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'a'), ' ') $$, '22023', null, 'a reason is needed'
);
select throws_ok(
    $$ select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'a'), null) $$, '22023', null, 'a reason that says something'
);
select lives_ok(
    $$ select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'a'), 'awarded by mistake') $$,
    'a coordinator in scope revokes'
);
reset role;
select is(pg_temp.held(), 'berit a, berit b, olga b', 'that badge of that mentor, and nothing else');
select ok(
    revoked_at = now() and revoked_by = tests.id('user', 'oskar'), 'it is kept who did so, and when'
)
from public.earned_badges where revoke_reason is not null;
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select throws_ok(
    $$ select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'a'), 'once more') $$, 'PT404', null, 'once'
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
    (select revoke_reason from public.earned_badges where mentor_id = tests.id('mentor', 'olga') and revoked_at is not null), 'awarded by mistake',
    'a new activity leaves it revoked'
);
select is((select count(*) from public.earned_badges where mentor_id = tests.id('mentor', 'olga')), 2::bigint, 'and adds no second');
select is(pg_temp.held(), 'berit a, berit b, olga b', 'nor one that needs what was revoked');
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
select lives_ok(
    $$
    select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'b'), repeat('x', 600));
    select public.revoke_badge(tests.id('mentor', 'berit'), tests.id('badge', 'a'), 'of another mentor')
    $$, 'others are revoked'
);
select is(
    tests.outcome('authenticated', tests.id('user', user_name), format('select public.reinstate_badge(%L, %L)', tests.id('mentor', 'berit'), tests.id('badge', 'a'))),
    outcome, format('%s reinstates nobody''s there: %s', user_name, outcome)
)
from (values ('oskar', '42501'), ('sven', 'PT404')) as attempt (user_name, outcome);
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select lives_ok(
    $$ select public.reinstate_badge(tests.id('mentor', 'olga'), tests.id('badge', 'a'), ' ' || repeat('y', 600)) $$, 'the first is reinstated'
);
reset role;
select is(pg_temp.held(), 'berit b, olga a', 'and no other');
select tests.make_activity('three', 'olga');
select is(pg_temp.held(), 'berit b, olga a, olga c', 'what needs it is awarded with the next activity');
select is(
    evidence -> -1, jsonb_build_object(
        'reinstated_at', now(), 'reinstated_by', tests.id('user', 'nina'), 'reason', repeat('y', 500),
        'revoked_at', now(), 'revoked_by', tests.id('user', 'oskar'), 'revoke_reason', 'awarded by mistake'
    ), 'the evidence tells of the revocation, and who gave it back and why'
)
from public.earned_badges where mentor_id = tests.id('mentor', 'olga') and badge_definition_id = tests.id('badge', 'a');
select is(evidence -> 0 ->> 'metric', 'activity_count', 'after what it was awarded for')
from public.earned_badges where mentor_id = tests.id('mentor', 'olga') and badge_definition_id = tests.id('badge', 'a');
select is(
    (select row(revoked_at, revoked_by, revoke_reason)::text from public.earned_badges
    where mentor_id = tests.id('mentor', 'olga') and badge_definition_id = tests.id('badge', 'a')), '(,,)', 'it stands as if never revoked'
);
select is(
    (select revoke_reason from public.earned_badges where mentor_id = tests.id('mentor', 'olga') and badge_definition_id = tests.id('badge', 'b')),
    repeat('x', 500), 'a reason of 500 characters is kept'
);
select throws_ok(
    $$ select public.reinstate_badge(tests.id('mentor', 'olga'), tests.id('badge', 'a')) $$, 'PT404', null, 'only what was revoked'
);
select is_empty('select from public.badge_evaluation_logs where error_message is not null', 'and no evaluation failed over it');
select finish();
rollback;
