-- An app that registers under a new token each time pushes out its own oldest ones, and nobody else's.
begin;
select plan(8);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
select tests.make_mentor('berit', 'north');
insert into public.device_tokens (user_id, token, platform, last_seen_at)
select tests.id('user', owner), owner || '-' || number, 'ios', timestamptz '2026-01-01' + number * interval '1 hour'
from unnest(array['olga', 'berit']) as owner, generate_series(1, 20) as number;

select tests.acts_as('authenticated', tests.id('user', 'olga'));
select lives_ok($$ select public.register_device_token('new', 'android') $$, 'another one can be registered');
select lives_ok($$ select public.register_device_token('olga-2', 'web') $$, 'and one of them again');
select throws_ok(format('select public.register_device_token(%L, %L)', token, platform), '22023', null, name)
from (
    values
    (repeat('x', 2049), 'ios', 'no token of more than 2048 characters'),
    (null, 'ios', 'none without a token'),
    ('other', null, 'nor without a platform')
) as refused (token, platform, name);
select lives_ok(format('select public.register_device_token(%L, ''ios'')', repeat('x', 2048)), '2048 characters fit');
reset role;
select is(
    (select string_agg(token, ' ' order by last_seen_at) from public.device_tokens where user_id = tests.id('user', 'olga')),
    (select string_agg('olga-' || number, ' ' order by number) from generate_series(4, 20) as number)
    || ' new olga-2 ' || repeat('x', 2048),
    'twenty are left, those seen last'
);
select is(
    (select count(*) from public.device_tokens where user_id = tests.id('user', 'berit')), 20::bigint,
    'another user''s are all there'
);
select finish();
rollback;
