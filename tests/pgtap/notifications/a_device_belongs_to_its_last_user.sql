begin;
select plan(17);
select tests.make_two_organisations();
create function pg_temp.as_user(name text, statement text) returns text
language plpgsql
as $$
declare
    v_result text;
begin
    perform tests.acts_as('authenticated', tests.id('user', as_user.name));
    execute as_user.statement into v_result;
    perform set_config('role', 'none', true);
    return v_result;
end
$$;

select isnt(pg_temp.as_user('olga', $$ select public.register_device_token('phone', 'android') $$), null, 'olga registers a phone');
select pg_temp.as_user('olga', $$ select public.register_device_token('tablet', 'ios') $$);
select pg_temp.as_user('nina', $$ select public.register_device_token('ninas', 'web') $$);
select is(
    tests.outcome('authenticated', tests.id('user', 'olga'), 'table public.device_tokens'), '2', 'she sees her own'
);
select is(
    tests.outcome('authenticated', tests.id('user', 'sara'), 'table public.device_tokens'), '0', 'nobody else does'
);
select is(
    tests.outcome('authenticated', tests.id('user', 'olga'), attempt.statement), '42501', 'not by hand: ' || attempt.statement
)
from (
    values
    ('insert into public.device_tokens (user_id, token, platform) values (tests.id(''user'', ''olga''), ''x'', ''ios'')'),
    ('update public.device_tokens set user_id = tests.id(''user'', ''olga'')'),
    ('delete from public.device_tokens')
) as attempt (statement);
select is(pg_temp.as_user('sara', $$ select public.remove_device_token('phone') $$), 'false', 'sara cannot remove it');
select is(pg_temp.as_user('olga', $$ select public.remove_device_token('tablet') $$), 'true', 'olga can remove hers');

insert into public.notifications (id, organisation_id, recipient_mentor_id, kind, dedupe_key, next_attempt_at)
select tests.id('message', name), organisation_id, id, 'badge_awarded', name, '2026-01-15 12:00+01'
from public.peer_mentors
cross join lateral (select display_name as name) as named
where display_name in ('olga', 'sara');
create temporary table claimed as
select * from public.claim_notifications('w', 50, '1 minute', '2026-01-15 12:00+01');
select is(
    (select array_agg(device ->> 'token') from claimed cross join jsonb_array_elements(devices) as device
    where claimed.id = tests.id('message', 'olga')),
    array['phone'], 'a claim names the devices of the recipient'
);
-- She hands the phone to sara.
select pg_temp.as_user('sara', $$ select public.register_device_token('phone', 'android') $$);
select is(
    (select array_agg(user_id) from public.device_tokens where token = 'phone'), array[tests.id('user', 'sara')],
    'a device has one user, the last'
);

insert into public.device_tokens (id, user_id, token, platform)
values (tests.id('device', 'old'), tests.id('user', 'olga'), 'old', 'ios'),
(tests.id('device', 'new'), tests.id('user', 'olga'), 'new', 'ios');
create function pg_temp.result(device text, code int, error_kind text) returns jsonb
language sql
as $$
    select jsonb_build_object(
        'id', tests.id('message', 'olga'), 'worker', 'w', 'device_id', tests.id('device', result.device),
        'response_code', result.code, 'error_kind', result.error_kind
    )
$$;
select is(
    (
        select outcome from public.complete_notifications(
            jsonb_build_array(pg_temp.result('old', 404, 'unregistered'), pg_temp.result('new', 200, null))
        )
    ), 'success', 'one device that got it is enough'
);
select is(
    (select array_agg(token order by token) from public.device_tokens where token in ('old', 'new')), array['new'],
    'and the one that is gone is removed'
);
update public.notifications set state = 'in_progress', leased_by = 'w', lease_expires_at = now()
where id = tests.id('message', 'olga');
select is(
    (
        select outcome from public.complete_notifications(
            jsonb_build_array(pg_temp.result('old', 404, 'unregistered'), pg_temp.result('new', 503, null))
        )
    ), 'retry', 'one that may yet get it is a reason to retry'
);
select pg_temp.as_user('nina', format($$ select public.register_device_token('many%s', 'web') $$, n)) from generate_series(1, 25) as n;
select is(
    (select count(*) from public.device_tokens where user_id = tests.id('user', 'nina')), 20::bigint, 'twenty are kept'
);
select is(
    tests.outcome('authenticated', tests.id('user', 'olga'), $$ select public.register_device_token('a b', 'ios') $$), '22023',
    'a token has no spaces'
);
select is(
    tests.outcome('authenticated', tests.id('user', 'olga'), $$ select public.register_device_token('ok', 'fridge') $$), '22023',
    'and a known platform'
);
select is(
    tests.outcome('authenticated', null, $$ select public.register_device_token('ok', 'ios') $$), '42501', 'and somebody signed in'
);
select * from finish();
rollback;
