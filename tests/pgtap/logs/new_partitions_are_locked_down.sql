begin;
select plan(6);
select tests.acts_as('peerledger_owner');
call private.create_log_partition('badge_evaluation_logs', '2199-01-01');
reset role;

select ok(relrowsecurity and relforcerowsecurity, 'row level security is on and forced')
from pg_class where oid = 'private.badge_evaluation_logs_2199_01'::regclass;
select is_empty(
    $$
    select grants.grantee::regrole, grants.privilege_type
    from pg_class
    cross join aclexplode(coalesce(relacl, acldefault('r', relowner))) as grants
    where oid = 'private.badge_evaluation_logs_2199_01'::regclass and grants.grantee <> relowner
    $$,
    'nobody but the owner has a privilege'
);
select results_eq(
    $$
    select tgname::text collate "default", tgenabled::text collate "default"
    from pg_trigger
    where tgrelid = 'private.badge_evaluation_logs_2199_01'::regclass and not tgisinternal
    order by 1
    $$,
    $$
    values ('_040_stamp_entry', 'A'), ('_100_no_delete', 'A'), ('_100_no_truncate', 'A'), ('_100_no_update', 'A'),
    ('_200_no_row_change', 'A'), ('_290_keep_to_catalogue', 'A'), ('_300_mask_texts', 'A'), ('_310_require_plain_json', 'A')
    $$,
    'it has the triggers, and they always fire'
);
select is(
    tests.outcome('service_role', null, 'table private.badge_evaluation_logs_2199_01'), '42501',
    'service_role reads it through the log only'
);
select is(
    tests.outcome('service_role', null, 'table public.badge_evaluation_logs') ~ '^\d{1,4}$', true,
    'and through the log it does'
);
select is(
    tests.outcome('authenticated', null, 'table private.badge_evaluation_logs_2199_01'), '42501',
    'authenticated does not read it'
);
select * from finish();
rollback;
