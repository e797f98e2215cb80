begin;
select plan(9);
select tests.make_two_organisations();
insert into public.notifications (id, organisation_id, recipient_user_id, kind, dedupe_key, state, attempts, created_at)
select
    tests.id('message', message.name), tests.id('organisation', message.organisation), tests.id('user', 'nina'),
    'ops_alert', message.name, message.state, 8, message.created_at
from (
    values
    ('newer', 'north', 'dead_lettered', '2026-01-02'::timestamptz),
    ('older', 'north', 'dead_lettered', '2026-01-01'),
    ('digest', 'north', 'dead_lettered', '2026-01-03'),
    ('in the digest', 'north', 'dead_lettered', '2026-01-03'),
    ('sent', 'north', 'sent', '2026-01-01'),
    ('south''s', 'south', 'dead_lettered', '2026-01-01')
) as message (name, organisation, state, created_at);
update public.notifications set digest_id = tests.id('message', 'digest'), digest_on = '2026-01-03'
where id in (tests.id('message', 'digest'), tests.id('message', 'in the digest'));
create function pg_temp.pending() returns text language sql as $$
    select string_agg(dedupe_key || ' ' || attempts, ', ' order by dedupe_key)
    from public.notifications where state = 'pending' and kind = 'ops_alert'
$$;

select throws_ok(
    format('select public.requeue_notifications(%L, %s)', tests.id('organisation', 'north'), number),
    '22023', null, format('not %s at a time', number)
)
from (values ('0'), ('10001'), ('null')) as given (number);
select is(public.requeue_notifications(tests.id('organisation', 'north'), 1), 1, 'as many as were asked for');
select is(pg_temp.pending(), 'older 0', 'the oldest first, with all its attempts again');
select is(public.requeue_notifications(tests.id('organisation', 'north')), 2, 'a digest is one');
select is(pg_temp.pending(), 'digest 0, in the digest 0, newer 0, older 0', 'with all that is in it');
select is(public.requeue_notifications(tests.id('organisation', 'north')), 0, 'what was sent is not sent again');
select is(
    (select state from public.notifications where dedupe_key = 'south''s'), 'dead_lettered',
    'another organisation''s stay as they are'
);
select finish();
rollback;
