-- Coordinators of an organisation wait for each other before anything is locked, by the RPCs as by a plain statement. The service role
-- names whom it likes and waits for nobody; and who only looks locks nobody.
begin;
select plan(14);
select tests.make_two_organisations();
create function pg_temp.key(id uuid) returns bigint language sql as $$ select hashtextextended('peerledger.turn ' || key.id, 0) $$;
-- Whose turns this transaction holds after that statement, which is undone.
create function pg_temp.turns(role text, user_name text, statement text) returns text language plpgsql as $$
declare
    v_turns text;
begin
    perform tests.acts_as(turns.role, tests.id('user', turns.user_name));
    execute turns.statement;
    perform set_config('role', 'none', true);
    select string_agg(known.name, ' ' order by known.name)
    into v_turns
    from (
        values
        ('nina', pg_temp.key(tests.id('user', 'nina'))), ('oskar', pg_temp.key(tests.id('user', 'oskar'))),
        ('north', pg_temp.key(tests.id('organisation', 'north'))), ('south', pg_temp.key(tests.id('organisation', 'south')))
    ) as known (name, key)
    inner join pg_locks as lock
        on lock.locktype = 'advisory' and (lock.classid::bigint << 32 | lock.objid::bigint) = known.key and lock.pid = pg_backend_pid();
    raise exception using errcode = 'TTTTT', message = coalesce(v_turns, 'nobody''s');
exception
    when sqlstate 'TTTTT' then
        return sqlerrm;
end
$$;
create temporary table ways as
select way.name, format(way.template, tests.id('mentor', 'olga'), tests.id('activity', 'nina for olga'), tests.id('user', 'nina')) as statement
from (
    values
    ('one', 'select from public.register_proxy_activity(%1$L, ''walk'', ''2026-02-01'', 30, coordinator_id => %3$L)'),
    (
        'bulk',
        'select from public.register_proxy_activities(jsonb_build_array(jsonb_build_object(''mentor_id'', %1$L, '
        '''activity_type'', ''walk'', ''occurred_on'', ''2026-02-01'', ''duration_minutes'', 30)), coordinator_id => %3$L)'
    ),
    ('change', 'select from public.update_proxy_activity(%2$L, ''{"duration_minutes": 45}'')'),
    ('plain', 'update public.activities set duration_minutes = 45 where id = %2$L'),
    (
        'look',
        'select from public.check_proxy_activities(jsonb_build_array(jsonb_build_object(''mentor_id'', %1$L, '
        '''activity_type'', ''walk'', ''occurred_on'', ''2026-02-01'', ''duration_minutes'', 30)), coordinator_id => %3$L)'
    )
) as way (name, template);
select is(
    pg_temp.turns('authenticated', 'nina', statement), case when name = 'look' then 'nobody''s' else 'nina north' end, 'a coordinator: ' || name
)
from ways;
select is(pg_temp.turns('service_role', null, statement), 'nobody''s', 'the service role: ' || name) from ways where name <> 'plain';
select is(
    pg_temp.turns('service_role', 'nina', statement), 'nobody''s', 'nor in somebody''s name: ' || name
)
from ways where name in ('one', 'bulk', 'change');

-- A row that is locked names who did.
create function pg_temp.is_locked(mentor text) returns boolean language sql as $$
    select measures.xmax::text <> '0' from private.mentor_measures as measures where measures.mentor_id = tests.id('mentor', is_locked.mentor)
$$;
select tests.make_mentor('kari', 'north', 'oslo');
insert into private.mentor_measures (mentor_id, organisation_id) values (tests.id('mentor', 'kari'), tests.id('organisation', 'north'));
create function pg_temp.entries() returns jsonb language sql as $$
    select jsonb_build_array(jsonb_build_object(
        'mentor_id', tests.id('mentor', 'kari'), 'activity_type', 'walk', 'occurred_on', '2026-02-01', 'duration_minutes', 30
    ))
$$;
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select count(*) from public.check_proxy_activities(pg_temp.entries());
reset role;
select is(pg_temp.is_locked('kari'), false, 'who only looks locks no mentor');
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select count(*) from public.register_proxy_activities(pg_temp.entries());
reset role;
select is(pg_temp.is_locked('kari'), true, 'who registers does');
select * from finish();
rollback;
