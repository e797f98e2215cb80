-- Rita and Lise coordinate in both organisations: each sends a digest of its own, at its own time. What was sent, is being sent, was
-- given up or is for later is in none.
begin;
select plan(9);
select tests.make_organisation(name) from unnest('{north, south}'::text[]) as name;
select tests.make_mentor('olga', 'north');
select tests.make_coordinator(coordinator, name) from unnest('{north, south}'::text[]) as name, unnest('{rita, lise}'::text[]) as coordinator;
insert into public.organisation_settings (organisation_id, digest_at) values (tests.id('organisation', 'south'), '11:00');
create function pg_temp.message(
    key text, organisation text, at timestamptz, state text default 'pending', recipient uuid default tests.id('user', 'rita')
) returns void language sql as $$
    insert into public.notifications (
        id, organisation_id, recipient_user_id, recipient_mentor_id, kind, dedupe_key, created_at, next_attempt_at, state, attempts,
        leased_by, lease_expires_at
    )
    select
        tests.id('message', message.key), tests.id('organisation', message.organisation), message.recipient,
        case when message.recipient is null then tests.id('mentor', 'olga') end, 'status_changed', message.key, message.at, message.at,
        message.state, case when message.state = 'pending' then 0 else 1 end, case when message.state = 'in_progress' then 'w' end,
        case when message.state = 'in_progress' then message.at + interval '1 minute' end
$$;
-- Its keys, and the key of the message that leads it.
create function pg_temp.digests() returns setof text language sql as $$
    select format('%s: %s', leader.dedupe_key, string_agg(message.dedupe_key, ' ' order by message.dedupe_key))
    from public.notifications as message
    inner join public.notifications as leader on leader.id = message.digest_id
    group by leader.dedupe_key
    order by 1
$$;
select pg_temp.message(key, organisation, at::timestamptz, state)
from (
    values
    ('n1', 'north', '2026-01-15 01:00+01', 'pending'), ('n2', 'north', '2026-01-15 02:00+01', 'pending'),
    ('s1', 'south', '2026-01-15 03:00+01', 'pending'), ('sent', 'north', '2026-01-15 01:00+01', 'sent'),
    ('under_way', 'north', '2026-01-15 01:00+01', 'in_progress'), ('given_up', 'south', '2026-01-15 01:00+01', 'dead_lettered'),
    ('tomorrow', 'north', '2026-01-16 01:00+01', 'pending')
) as given (key, organisation, at, state);
select pg_temp.message('of_olga', 'north', '2026-01-15 01:00+01', recipient => null);
select pg_temp.message('late_' || organisation, organisation, at::timestamptz, recipient => tests.id('user', 'lise'))
from (values ('north', '2026-01-15 09:30+01'), ('south', '2026-01-15 11:30+01')) as given (organisation, at);
select is(private.form_digests('2026-01-15 12:00+01'), true, 'all that is due is in a digest');
select results_eq('select pg_temp.digests()', $$ values ('n1: n1 n2'), ('s1: s1') $$, 'one of each organisation, of what is due');
select is(
    (select array_agg(distinct digest_on) from public.notifications where digest_id is not null), '{2026-01-15}', 'for that date'
);

select results_eq(
    $$ select dedupe_key, next_attempt_at from public.notifications where recipient_user_id = tests.id('user', 'lise') order by 1 $$,
    $$ values ('late_north', '2026-01-16 08:00+01'::timestamptz), ('late_south', '2026-01-16 11:00+01') $$,
    'what comes after the time of the digest is for tomorrow''s'
);
select is(
    (select next_attempt_at from public.notifications where dedupe_key = 'tomorrow'), '2026-01-16 01:00+01', 'what is not due is left alone'
);

-- South sends another while its digest waits; north's has been tried.
update public.notifications set attempts = 1 where dedupe_key in ('n1', 'n2');
select pg_temp.message('s2', 'south', '2026-01-15 04:00+01');
select pg_temp.message('n3', 'north', '2026-01-15 04:00+01');
select is(private.form_digests('2026-01-15 12:01+01'), true, 'again all that is due');
select results_eq('select pg_temp.digests()', $$ values ('n1: n1 n2'), ('s1: s1 s2') $$, 'a digest may grow until it is tried');
select is(
    (select next_attempt_at from public.notifications where dedupe_key = 'n3'), '2026-01-16 08:00+01', 'after that there is the next one'
);
select is(
    (select array_agg(dedupe_key order by dedupe_key) from public.notifications where digest_id is null),
    '{given_up,late_north,late_south,n3,of_olga,sent,tomorrow,under_way}', 'nothing else is in any'
);
select * from finish();
rollback;
