-- Nothing is swallowed, for nobody; the mentor's own activity has nothing to do with this log.
begin;
select plan(13);
select tests.make_two_organisations();
create temporary table attempts as
select who.*, work.*, format(work.template, tests.id('mentor', 'olga'), tests.id('activity', 'nina for olga'), tests.id('user', 'nina'), tests.id('organisation', 'north')) as statement
from (
    values ('authenticated', tests.id('user', 'nina')), ('service_role', null), ('peerledger_owner', null)
) as who (role_name, sub)
cross join (
    values
    (
        'insert',
        'insert into public.activities (organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes) '
        'values (%4$L, %1$L, %3$L, ''walk'', ''2026-02-01'', 30)'
    ),
    ('register', 'select from public.register_proxy_activity(%1$L, ''walk'', ''2026-02-01'', 30, coordinator_id => %3$L)'),
    ('update', 'update public.activities set duration_minutes = 61 where id = %2$L')
) as work (name, template);
grant select on attempts to public;

alter table public.proxy_audit_log add constraint nothing_fits check (false) not valid;
select is(
    tests.outcome(role_name, sub, statement), '23514', format('%s: %s', role_name, name)
) from attempts;
alter table public.proxy_audit_log drop constraint nothing_fits;
select is(
    tests.outcome(role_name, sub, statement), '1', 'without the hindrance it is done'
) from attempts where role_name = 'authenticated' and name = 'register';

alter table public.proxy_audit_log add constraint nothing_fits check (false) not valid;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select throws_ok(
    statement, '23514',
    'Nothing was saved, because the audit log could not be written. A constraint of the database was violated. (23514)',
    'the caller learns what happened, and nothing of the row'
) from attempts where role_name = 'authenticated' and name = 'insert';
reset role;
select is((select count(*) from public.activities), 5::bigint, 'and nothing was saved');
select lives_ok($$ select tests.make_activity('own', 'olga') $$, 'what a mentor does is not by proxy');
select * from finish();
rollback;
