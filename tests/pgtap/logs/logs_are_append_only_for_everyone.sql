-- API roles by missing privileges, the owner and a superuser by triggers: always 42501.
begin;
-- Without the loopback: hundreds of attempts, and what is asked here is whether they are refused.
drop extension if exists dblink;
create temporary table attempts as
select attempt.role_name, attempt.sub, format(statement.template, log.log_table, log.time_column) as statement
from tests.log_tables as log
cross join (
    values
    ('update %1$s set %2$I = %2$I'), ('delete from %1$s'), ('truncate %1$s'), ('update %1$s set %2$I = %2$I where false')
) as statement (template)
cross join (
    values
    ('anon', null),
    ('authenticated', tests.id('user', 'nina')),
    ('service_role', null),
    ('peerledger_owner', null),
    (session_user::text, null)
) as attempt (role_name, sub);

select plan((select count(*)::int from attempts) + 6);
select tests.make_two_organisations();
select tests.make_log_entry('olga');
select cmp_ok((select count(*) from attempts), '>=', 4 * 5 * 2::bigint, 'logs and partitions were found');

select is(
    tests.outcome(attempts.role_name, attempts.sub, attempts.statement), '42501',
    format('%s may not: %s', attempts.role_name, attempts.statement)
)
from attempts;

create temporary table additions as
select
    'insert into public.badge_evaluation_logs (peer_mentor_id, org_id, duration_ms, source)'
    || format(' values (%L, %L, 1, ''manual'')', tests.id('mentor', 'olga'), tests.id('organisation', 'north')) as statement;
select is(tests.outcome('service_role', null, statement), '1', 'service_role adds') from additions;
select is(tests.outcome('peerledger_owner', null, statement), '1', 'the owner adds') from additions;
select is(tests.outcome(session_user::text, null, statement), '1', 'a superuser adds') from additions;
select is(
    tests.outcome('authenticated', tests.id('user', 'nina'), statement), '42501', 'a coordinator does not add'
) from additions;
select is(
    tests.outcome('service_role', null, 'update public.organisations set name = ''New'''), '2',
    'other tables change'
);
select * from finish();
rollback;
