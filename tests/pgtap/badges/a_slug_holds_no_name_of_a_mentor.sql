-- Slugs are copied into the log of decisions. Only the service role writes them, which knows the mentors of all organisations.
begin;
select plan(4);
select tests.make_two_organisations();
update public.peer_mentors set display_name = 'Olga Nordmann' where id = tests.id('mentor', 'olga');
create function pg_temp.define(organisation text) returns text
language sql
as $$
    select format(
        'insert into public.badge_definitions (organisation_id, slug, name, criteria) '
        'values (%L, ''thanks-olga-nordmann'', ''Thanks'', ''{"metric": "activity_count", "at_least": 1}'')',
        tests.id('organisation', define.organisation)
    )
$$;
select is(tests.outcome('service_role', null, pg_temp.define('north')), '22023', 'not the name of a mentor of the organisation');
select is(tests.outcome('service_role', null, pg_temp.define('south')), '22023', 'nor of one of another');
update public.peer_mentors set display_name = 'Olga' where id = tests.id('mentor', 'olga');
select is(tests.outcome('service_role', null, pg_temp.define('north')), '1', 'one word is no name');
select is(tests.outcome('authenticated', tests.id('user', 'nina'), pg_temp.define('north')), '42501', 'and nobody else writes a slug');
select * from finish();
rollback;
