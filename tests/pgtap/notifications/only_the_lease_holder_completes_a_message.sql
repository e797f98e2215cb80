begin;
select plan(13);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values (
    tests.id('badge', 'ten'), tests.id('organisation', 'north'), 'ten', 'Ten talks',
    '{"metric": "activity_count", "at_least": 10}'
);
insert into public.notifications (id, organisation_id, recipient_mentor_id, kind, payload, dedupe_key, next_attempt_at)
values (
    tests.id('message', 'm'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'badge_awarded',
    jsonb_build_object('badge_definition_id', tests.id('badge', 'ten'), 'qualified_on', '2026-01-15'),
    'm', '2026-01-15 12:00+01'
);
create function pg_temp.answer(worker text) returns text
language sql
as $$
    select outcome from public.complete_notifications(
        jsonb_build_array(jsonb_build_object('id', tests.id('message', 'm'), 'worker', answer.worker, 'response_code', 200))
    )
$$;

select results_eq(
    $$
    select kind, organisation_name, locale, badge_name, payload ->> 'qualified_on', recipient_mentor_id, devices, attempts
    from public.claim_notifications('first', 50, '1 minute', '2026-01-15 12:00+01')
    $$,
    $$
    values (
        'badge_awarded', 'north', 'nb', 'Ten talks', '2026-01-15', tests.id('mentor', 'olga'), '[]'::jsonb, 0
    )
    $$,
    'a claim gives all that a text needs'
);
select is_empty(
    $$ select * from public.claim_notifications('second', 50, '1 minute', '2026-01-15 12:00:59.9+01') $$, 'one worker at a time'
);
select results_eq(
    $$ select id, attempts from public.claim_notifications('second', 50, '1 minute', '2026-01-15 12:01+01') $$,
    $$ values (tests.id('message', 'm'), 1) $$, 'a lease that ran out is taken over, and was an attempt'
);
select is(pg_temp.answer('first'), 'refused', 'who lost the lease answers for nothing');
select is((select state from public.notifications where id = tests.id('message', 'm')), 'in_progress', 'nothing changed');
select results_eq(
    $$
    select outcome from public.complete_notifications(
        (
            select jsonb_agg(jsonb_build_object('id', tests.id('message', 'm'), 'worker', worker, 'error_kind', 'not_sent'))
            from unnest(array['first', 'second']) as worker
        ), '2026-01-15 12:01+01'
    ) order by outcome
    $$,
    $$ values ('give_back'), ('refused') $$, 'each is told what became of its own answer'
);
select public.claim_notifications('second', 50, '1 minute', '2026-01-15 12:01+01');
select is(pg_temp.answer('second'), 'success', 'who holds it does');
select is(pg_temp.answer('second'), 'refused', 'once');
select is(
    (
        select outcome from public.complete_notifications(
            jsonb_build_array(jsonb_build_object('id', tests.id('message', 'unknown'), 'worker', 'w'))
        )
    ), 'refused', 'of what is not there'
);
select is_empty($$ select * from public.complete_notifications('[]') $$, 'no results are no trouble');
select throws_ok($$ select public.complete_notifications('{}') $$, '22023', null, 'not an array');
select throws_ok(
    $$ select public.complete_notifications('[{"id": "00000000-0000-0000-0000-000000000000", "worker": "w", "error_kind": "odd"}]') $$,
    '22023', null, 'an error that nobody knows'
);
select throws_ok($$ select public.claim_notifications('w', 0) $$, '22023', null, 'a claim of nothing');
select * from finish();
rollback;
