begin;
select plan(10);
select tests.make_two_organisations();
select tests.make_coordinator('both', 'north', 'oslo');
select tests.make_coordinator('both', 'north', 'bergen');
select tests.make_coordinator('everywhere', 'north');
select tests.make_coordinator('everywhere', 'south');
select tests.make_mentor('without chapter', 'north');
create function pg_temp.scope(user_name text) returns text[]
language plpgsql
as $$
declare
    v_all uuid[] := array(select id from public.peer_mentors);
    v_ids uuid[];
begin
    perform tests.acts_as('authenticated', tests.id('user', user_name));
    v_ids := array(select private.my_scope_mentor_ids());
    if
        array(select id from unnest(v_ids) as listed (id) order by id)
        <> array(select id from unnest(v_all) as known (id) where private.is_in_my_scope(id) order by id)
    then
        raise exception 'the question about one mentor is answered otherwise than the list';
    end if;
    perform set_config('role', 'none', true);
    return array(
        select display_name from public.peer_mentors where id = any (v_ids) order by display_name collate "C"
    );
end
$$;
select is(
    pg_temp.scope(scope.user_name), scope.mentors, scope.description
)
from (
    values
    ('nina', '{berit,olga,"without chapter"}'::text[], 'the whole organisation'),
    ('oskar', '{olga}', 'one chapter, and nobody without a chapter'),
    ('both', '{berit,olga}', 'two chapters'),
    ('everywhere', '{berit,olga,sara,"without chapter"}', 'two organisations'),
    ('sven', '{sara}', 'the other organisation'),
    ('olga', '{}', 'a mentor has no scope'),
    ('stranger', '{}', 'a stranger has no scope')
) as scope (user_name, mentors, description);
select is(
    tests.outcome('anon', null, 'select private.my_scope_mentor_ids()'), '42501', 'anon may not ask'
);
select is(
    tests.outcome('anon', null, format('select private.is_in_my_scope(%L)', tests.id('mentor', 'olga'))), '42501',
    'nor about one'
);
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select ok(not private.is_in_my_scope(tests.id('mentor', 'nobody')), 'nobody is in scope who does not exist');
select * from finish();
rollback;
