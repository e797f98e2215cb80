-- What protects each log and each of its partitions, as the catalog has it now.
create or replace function private.log_guards()
returns table (
    log_name text,
    relation_name text,
    problem text,
    mark text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        log.log_name,
        relation.relname::text,
        concat_ws(
            '; ',
            case
                when not (relation.relrowsecurity and relation.relforcerowsecurity)
                    then 'row level security is not on and forced'
            end,
            'missing or not always on: ' || guards.missing,
            case
                when tree.level = 0 and policies.restrictive < 2 then 'the policies that refuse changes are missing'
                when tree.level > 0 and policies.permissive > 0 then 'a partition has a policy of its own'
            end,
            case when private_grants.found then 'a role has privileges on a partition' end
        ),
        -- xmin: a trigger that was switched off and on again is another version of its row.
        md5(
            concat_ws(' ', relation.relrowsecurity, relation.relforcerowsecurity, relation.relacl)
            || coalesce(guards.versions, '') || coalesce(policies.versions, '')
        )
    from private.logs as log
    cross join pg_partition_tree(to_regclass(format('public.%I', log.log_name))) as tree
    inner join pg_class as relation on relation.oid = tree.relid
    cross join lateral (
        select
            string_agg(wanted.trigger_name, ', ' order by wanted.trigger_name)
            filter (
                where
                (wanted.everywhere or trigger.oid is not null)
                and (trigger.tgenabled is distinct from 'A' or trigger.tgtype is distinct from wanted.type)
            ) as missing,
            string_agg(
                concat_ws(' ', trigger.tgname, trigger.tgenabled, trigger.xmin), ', ' order by trigger.tgname
            ) as versions
        from (
            values
            ('_100_no_update', 18, 'private.refuse_log_change()', true),
            ('_100_no_delete', 10, 'private.refuse_log_change()', true),
            ('_100_no_truncate', 34, 'private.refuse_log_change()', true),
            ('_200_no_row_change', 27, 'private.refuse_log_change()', true),
            -- Where there are such columns.
            ('_300_mask_texts', 7, 'private.mask_log_texts()', false),
            ('_310_require_plain_json', 7, 'private.require_plain_json()', false)
        ) as wanted (trigger_name, type, does, everywhere)
        left join pg_trigger as trigger
            on
                trigger.tgrelid = relation.oid
                and trigger.tgname = wanted.trigger_name
                and trigger.tgfoid = to_regprocedure(wanted.does)
    ) as guards
    cross join lateral (
        select
            count(*) filter (where policy.polpermissive) as permissive,
            count(*) filter (
                where not policy.polpermissive and policy.polroles = '{0}' and policy.polcmd in ('w', 'd')
            ) as restrictive,
            string_agg(concat_ws(' ', policy.polname, policy.xmin), ', ' order by policy.polname) as versions
        from pg_policy as policy
        where policy.polrelid = relation.oid
    ) as policies
    cross join lateral (
        select exists (
            select from aclexplode(relation.relacl) as acl where acl.grantee <> relation.relowner
        ) and tree.level > 0 as found
    ) as private_grants
$$;

comment on function private.log_guards is
'Each log and partition: what is wrong with its guards (empty: nothing), and a mark that changes whenever somebody '
'touches them. For our functions and the runner.';
revoke all on function private.log_guards from public, anon, authenticated, service_role;
