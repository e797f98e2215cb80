-- Table by table: the policies would hold without, but each door has two locks.
begin;
create temporary view privileges as
select relation.relname::text as table_name, acl.grantee::regrole::text as role_name, acl.privilege_type
from pg_class as relation
cross join aclexplode(relation.relacl) as acl
where relation.relnamespace = 'public'::regnamespace and relation.relkind in ('r', 'p');

select plan(5);
select is_empty(
    $$
    select table_name, privilege_type from privileges
    -- Where users may write, they may write columns; their log of what they register is checked row by row.
    where
        role_name = 'authenticated' and privilege_type <> 'SELECT'
        and (table_name, privilege_type) <> ('proxy_audit_log', 'INSERT')
    $$,
    'users write columns and not whole tables'
);
select is_empty(
    $$
    select table_name, privilege_type from privileges
    where role_name = 'service_role' and privilege_type = 'DELETE' and table_name in (
        'badge_definitions', 'certifications', 'chapters', 'earned_badges', 'legal_holds', 'notifications', 'ops_alerts',
        'organisations', 'peer_mentors'
    )
    $$,
    'what is history is not deleted by the service role'
);
select is_empty(
    $$
    select table_name, privilege_type from privileges
    inner join private.logs on log_name = table_name
    where role_name = 'service_role' and privilege_type not in ('SELECT', 'INSERT')
    $$,
    'the service role reads and adds in a log'
);
select set_eq(
    $$ select role_name, privilege_type from privileges where table_name = 'legal_holds' and role_name <> 'peerledger_owner' $$,
    $$ values ('authenticated', 'SELECT'), ('service_role', 'SELECT') $$,
    'a legal hold changes through its functions only'
);
select set_eq(
    $$ select role_name, privilege_type from privileges where table_name = 'proxy_disputes' and role_name <> 'peerledger_owner' $$,
    $$ values ('authenticated', 'SELECT'), ('service_role', 'SELECT') $$,
    'a dispute changes through its functions only'
);
select * from finish();
rollback;
