-- However much has gathered, a call is short, and a coordinator still gets one digest of all of it.
begin;
select plan(5);
select tests.make_two_organisations();
insert into public.notifications (organisation_id, recipient_user_id, kind, dedupe_key, created_at, next_attempt_at)
select
    tests.id('organisation', 'north'), tests.id('user', case when number % 5 = 0 then 'nina' else 'oskar' end), 'status_changed', number::text,
    '2026-01-15 01:00+01'::timestamptz + number * interval '1 second', '2026-01-15 01:00+01'::timestamptz + number * interval '1 second'
from generate_series(1, 6000) as number;
insert into public.notifications (organisation_id, recipient_mentor_id, kind, dedupe_key, next_attempt_at)
values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'badge_awarded', 'single', '2026-01-15 12:00+01');
create function pg_temp.claimed() returns table (kind text, size int) language sql as $$
    select claimed.kind, (claimed.payload -> 'counts' ->> 'status_changed')::int
    from public.claim_notifications('w', 50, '1 minute', '2026-01-15 12:00+01') as claimed
    order by 2 nulls first
$$;
select results_eq(
    'select * from pg_temp.claimed()', $$ values ('badge_awarded'::text, null::int) $$,
    'a digest that may still grow is not handed out; the rest is'
);
select is((select count(*) from public.notifications where digest_id is not null), 5000::bigint, 'so many at a time');
select results_eq(
    'select * from pg_temp.claimed()', $$ values ('digest'::text, 1200), ('digest', 4800) $$, 'then each gets one of all'
);
insert into public.notifications (organisation_id, recipient_user_id, kind, dedupe_key, created_at, next_attempt_at)
values (
    tests.id('organisation', 'north'), tests.id('user', 'nina'), 'status_changed', 'late', '2026-01-15 03:00+01', '2026-01-15 03:00+01'
);
select is_empty('select * from pg_temp.claimed()', 'what comes later changes nothing of one that is under way');
select is(
    (select next_attempt_at from public.notifications where dedupe_key = 'late'), '2026-01-16 08:00+01', 'it waits for the next'
);
select * from finish();
rollback;
