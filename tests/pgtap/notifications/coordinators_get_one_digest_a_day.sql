begin;
select plan(16);
select tests.make_two_organisations();
select tests.make_coordinator('olga', 'north', 'oslo');
-- A message as the certification run writes it: for a coordinator, about a mentor.
create function pg_temp.copy(name text, coordinator text, about text, written_at timestamptz, names_mentor boolean default false)
returns uuid
language sql
as $$
    insert into public.notifications (
        id, organisation_id, recipient_user_id, recipient_mentor_id, kind, payload, dedupe_key, created_at, next_attempt_at
    )
    select
        tests.id('message', copy.name), mentor.organisation_id, tests.id('user', copy.coordinator),
        case when copy.names_mentor then mentor.id end,
        'certification_reminder', jsonb_build_object('mentor_id', mentor.id), copy.name, copy.written_at, copy.written_at
    from public.peer_mentors as mentor
    where mentor.id = tests.id('mentor', copy.about)
    returning id
$$;
create function pg_temp.claimed(at timestamptz) returns table (id uuid, kind text, recipient_user_id uuid, payload jsonb)
language sql
as $$ select id, kind, recipient_user_id, payload from public.claim_notifications('w', 50, '1 minute', claimed.at) $$;
create function pg_temp.answer(name text, code int, at timestamptz) returns text
language sql
as $$
    select outcome from public.complete_notifications(
        jsonb_build_array(
            jsonb_build_object('id', tests.id('message', answer.name), 'worker', 'w', 'response_code', answer.code)
        ), answer.at
    )
$$;

select pg_temp.copy('first', 'nina', 'olga', '2026-01-15 03:00+01');
select pg_temp.copy('second', 'nina', 'berit', '2026-01-15 03:01+01', true);
select pg_temp.copy('other', 'sven', 'sara', '2026-01-15 03:00+01');
select pg_temp.copy('to olga herself', 'olga', 'olga', '2026-01-15 03:00+01', true);

select is_empty($$ select * from pg_temp.claimed('2026-01-15 07:59+01') $$, 'before its time: nothing');
select results_eq(
    $$
    select kind, id, payload -> 'counts' ->> 'certification_reminder' from pg_temp.claimed('2026-01-15 08:00+01')
    order by kind, payload -> 'counts' desc
    $$,
    $$
    values
    ('certification_reminder', tests.id('message', 'to olga herself'), null),
    ('digest', tests.id('message', 'first'), '2'),
    ('digest', tests.id('message', 'other'), '1')
    $$,
    'one for each coordinator, under the id of its first message; a coordinator who is the mentor gets theirs as it is'
);
select is(
    (
        select payload -> 'messages' -> 'certification_reminder'
        from (select private.digest_payload(tests.id('message', 'first')) as payload) as digest
    ),
    jsonb_build_array(
        jsonb_build_object('mentor_id', tests.id('mentor', 'olga'), 'notification_id', tests.id('message', 'first')),
        jsonb_build_object('mentor_id', tests.id('mentor', 'berit'), 'notification_id', tests.id('message', 'second'))
    ),
    'it lists them'
);
select is(
    (select array_agg(distinct state) from public.notifications where digest_id = tests.id('message', 'first')),
    array['in_progress'], 'all of it is in progress'
);

-- The first attempt fails; something new comes before the second.
select is(pg_temp.answer('first', 503, '2026-01-15 08:00:10+01'), 'retry', 'a digest is retried');
select is(
    (select count(distinct (state, attempts, next_attempt_at, last_error)) from public.notifications
    where digest_id = tests.id('message', 'first')),
    1::bigint, 'all of it together'
);
select is(pg_temp.answer('other', 200, '2026-01-15 08:00:10+01'), 'success', 'the other coordinator''s is sent');
select pg_temp.copy('late', 'nina', 'olga', '2026-01-15 07:59:59+01');
select results_eq(
    $$ select id, payload -> 'counts' ->> 'certification_reminder' from pg_temp.claimed('2026-01-15 09:00+01') where kind = 'digest' $$,
    $$ values (tests.id('message', 'first'), '2') $$, 'a digest stays what it was, also when something was written in time'
);
select is(pg_temp.answer('first', 200, '2026-01-15 09:00:10+01'), 'success', 'now it is sent');
select is(
    (select array_agg(distinct state) from public.notifications where digest_id = tests.id('message', 'first')),
    array['sent'], 'all of it'
);
select is(
    (select next_attempt_at from public.notifications where id = tests.id('message', 'late')),
    '2026-01-16 08:00+01'::timestamptz, 'the late one waits for tomorrow''s'
);
select is_empty($$ select * from pg_temp.claimed('2026-01-15 20:00+01') where kind = 'digest' $$, 'no second one that day');
select pg_temp.copy('next', 'nina', 'olga', '2026-01-15 12:00+01');
select results_eq(
    $$ select id, payload -> 'counts' ->> 'certification_reminder' from pg_temp.claimed('2026-01-18 15:00+01') where kind = 'digest' $$,
    $$ values (tests.id('message', 'late'), '2') $$, 'when the worker was away for days it comes as soon as it is back, as one'
);

-- A time of its own, in the quiet hours: it waits for their end.
select pg_temp.answer('late', 200, '2026-01-18 15:00:10+01');
insert into public.organisation_settings (organisation_id, digest_at) values (tests.id('organisation', 'north'), '06:00');
select pg_temp.copy('early', 'nina', 'olga', '2026-01-19 05:00+01');
select is_empty($$ select * from pg_temp.claimed('2026-01-19 06:00+01') where kind = 'digest' $$, 'quiet hours hold for digests');
select results_eq(
    $$ select id from pg_temp.claimed('2026-01-19 08:00+01') where kind = 'digest' $$,
    $$ values (tests.id('message', 'early')) $$, 'which come when they end'
);
select pg_temp.copy('forged', 'nina', 'olga', '2026-01-19 09:00+01');
select throws_ok(
    $$ update public.notifications set digest_id = id, digest_on = '2026-01-19' where dedupe_key = 'forged' $$,
    '23505', 'duplicate key value violates unique constraint "one_digest_a_day"', 'two of one day cannot exist'
);
select * from finish();
rollback;
