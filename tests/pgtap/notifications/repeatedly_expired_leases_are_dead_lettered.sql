begin;
select plan(8);
select tests.make_two_organisations();
insert into public.notifications (
    id, organisation_id, recipient_user_id, recipient_mentor_id, kind, dedupe_key, created_at, next_attempt_at
)
values
(
    tests.id('message', 'single'), tests.id('organisation', 'north'), null, tests.id('mentor', 'olga'), 'badge_awarded', 'single',
    '2026-01-15 03:00+01', '2026-01-15 12:00+01'
),
(
    tests.id('message', 'first'), tests.id('organisation', 'north'), tests.id('user', 'nina'), null, 'status_changed', 'first',
    '2026-01-15 03:00+01', '2026-01-15 12:00+01'
),
(
    tests.id('message', 'second'), tests.id('organisation', 'north'), tests.id('user', 'nina'), null, 'status_changed', 'second',
    '2026-01-15 03:01+01', '2026-01-15 12:00+01'
);
create function pg_temp.claimed(number int) returns bigint language sql as $$
    select count(*)
    from public.claim_notifications('w' || claimed.number, 50, '1 minute', '2026-01-15 12:00+01'::timestamptz + claimed.number * interval '1 minute')
$$;
select is((select array_agg(pg_temp.claimed(number)) from generate_series(0, 7) as number), array_fill(2::bigint, array[8]), 'eight attempts');
select is(
    (select array_agg(distinct state || ' ' || attempts) from public.notifications), array['in_progress 7'], 'the eighth is under way'
);
select is(pg_temp.claimed(8), 0::bigint, 'when that runs out too there is no ninth');
select is(
    (select array_agg(distinct state || ' ' || attempts || ' ' || last_error) from public.notifications),
    array['dead_lettered 8 No attempt came to an end: each lease ran out.'], 'but a dead letter, of a digest all of it'
);
select results_eq(
    $$ select kind, severity, organisation_id, (details ->> 'count')::int from public.ops_alerts $$,
    $$ values ('notification_dead_letter', 'warning', tests.id('organisation', 'north'), 2) $$, 'with the usual alert'
);
select is(
    (
        select outcome from public.complete_notifications(
            jsonb_build_array(jsonb_build_object('id', tests.id('message', 'single'), 'worker', 'w7', 'response_code', 200))
        )
    ), 'refused', 'the last worker''s answer comes too late'
);
select is(public.requeue_notifications(tests.id('organisation', 'north')), 2, 'until they are requeued');
update public.notifications set next_attempt_at = '2026-01-15 13:00+01';
select is(pg_temp.claimed(60), 2::bigint, 'then they are tried again');
select * from finish();
rollback;
