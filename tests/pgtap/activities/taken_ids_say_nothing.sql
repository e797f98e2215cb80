-- An id that is taken out of one's sight is refused like a row that is not one's own, and not by a unique violation that
-- says there is one.
begin;
select plan(9);
select tests.make_two_organisations();
create function pg_temp.send(mentor text, coordinator text, id uuid, rest text default '') returns text language sql as $$
    select format(
        'insert into public.activities (id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes) '
        'select %L, organisation_id, id, %L, ''walk'', ''2026-02-02'', 30 from public.peer_mentors where id = %L %s',
        send.id, tests.id('user', send.coordinator), tests.id('mentor', send.mentor), send.rest
    )
$$;
create function pg_temp.register(mentor text, id uuid) returns text language sql as $$
    select format(
        'select public.register_proxy_activity(%L, ''walk'', ''2026-02-02'', 30, %L)', tests.id('mentor', register.mentor), register.id
    )
$$;
select is(tests.outcome('authenticated', tests.id('user', actor), statement), expected, title)
from (
    values
    ('sven', pg_temp.send('sara', 'sven', tests.id('activity', 'olga''s')), '42501', 'a coordinator of another organisation'),
    ('sven', pg_temp.send('sara', 'sven', tests.id('activity', 'olga''s'), 'on conflict do nothing'), '42501', 'also one who ignores duplicates'),
    ('sven', pg_temp.send('sara', 'sven', gen_random_uuid()), '1', 'an id of one''s own'),
    ('sara', pg_temp.send('sara', null, tests.id('activity', 'olga''s')), '42501', 'a mentor of another organisation'),
    ('olga', pg_temp.send('olga', null, tests.id('activity', 'berit''s')), '42501', 'a mentor of the same'),
    ('olga', pg_temp.send('olga', null, tests.id('activity', 'olga''s')), '23505', 'what one sees is there already'),
    (
        'olga', pg_temp.send('olga', null, tests.id('activity', 'olga''s'), 'on conflict (id) do update set duration_minutes = excluded.duration_minutes'), '1',
        'and can be sent again'
    )
) as attempt (actor, statement, expected, title);
select tests.acts_as('authenticated', tests.id('user', 'sven'));
select throws_ok(
    pg_temp.register('sara', tests.id('activity', 'olga''s')), '22023', 'Nothing was saved: id cannot be used: leave it out, or choose another.',
    'the RPC says nothing of another activity'
);
select lives_ok(pg_temp.register('sara', gen_random_uuid()), 'another id can be used');
select * from finish();
rollback;
