begin;
select tests.make_two_organisations();
create temporary table claims (sub jsonb, id uuid);
insert into claims values
('"kari@example.org"', null), ('7', null), ('null', null), ('""', null), ('{"a": 1}', null),
('"10000000-0000-0000-0000-00000000000"', null), ('"10000000-0000-0000-0000-000000000001x"', null),
('"10000000-0000-0000-0000-00000000000A"', '10000000-0000-0000-0000-00000000000a'),
('"1000000000000000000000000000000b"', '10000000-0000-0000-0000-00000000000b');
select plan((select count(*)::int from claims) + 5);
create function pg_temp.claim(claims text) returns void language sql as $$
    select set_config('request.jwt.claims', claim.claims, true)
$$;
select is(private.caller_id(), claims.id, claims.sub::text)
from claims
cross join lateral pg_temp.claim(jsonb_build_object('sub', claims.sub)::text)
where true;
select pg_temp.claim('{}');
select is(private.caller_id(), null, 'no sub');
select pg_temp.claim('');
select is(private.caller_id(), null, 'no claims');
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is((select count(*) from public.peer_mentors), 2::bigint, 'a coordinator sees their mentors');
select pg_temp.claim('{"sub": "kari@example.org"}');
select is((select count(*) from public.peer_mentors), 0::bigint, 'nobody sees nothing');
select throws_ok(
    format('select public.transition_mentor_status(%L, ''paused'')', tests.id('mentor', 'olga')), 'PT404',
    format('There is no mentor %s that you can see.', tests.id('mentor', 'olga')), 'nor does anything'
);
select * from finish();
rollback;
