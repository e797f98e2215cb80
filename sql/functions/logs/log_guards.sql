-- What protects each log and each of its partitions, as the catalog has it now. What it was in between is for
-- private.guard_changes to say.
create or replace function private.log_guards()
returns table (
    log_name text,
    relation_name text,
    problem text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        log.log_name,
        coalesce(relation.relname::text, log.log_name),
        case
            when relation.oid is null then 'the log is not there'
            else concat_ws(
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
                'a policy that hides or refuses entries: ' || policies.hiding,
                'a rule, which can swallow entries: ' || rules.names,
                'a trigger that is not ours, which can swallow entries: ' || strangers.names,
                case when relation.relpersistence <> 'p' then 'unlogged: a crash empties it' end,
                case when relation.relowner <> to_regrole('peerledger_owner') then 'another role owns it' end,
                case
                    when relation.relnamespace is distinct from
                        to_regnamespace(case when tree.level = 0 then 'public' else 'private' end)
                        then 'it is in another schema'
                end,
                case when private_grants.found then 'a role has privileges on a partition' end
            )
        end
    from private.logs as log
    left join pg_partition_tree(to_regclass(format('public.%I', log.log_name))) as tree on true
    left join pg_class as relation on relation.oid = tree.relid
    cross join lateral (
        select
            string_agg(wanted.trigger_name, ', ' order by wanted.trigger_name)
            filter (
                where
                (wanted.everywhere or trigger.oid is not null)
                and (trigger.tgenabled is distinct from 'A' or trigger.tgtype is distinct from wanted.type)
            ) as missing
        from (
            values
            ('_040_stamp_entry', 7, 'private.stamp_log_entry()', true),
            ('_100_no_update', 18, 'private.refuse_log_change()', true),
            ('_100_no_delete', 10, 'private.refuse_log_change()', true),
            ('_100_no_truncate', 34, 'private.refuse_log_change()', true),
            ('_200_no_row_change', 27, 'private.refuse_log_change()', true),
            -- Where there are such columns.
            ('_290_keep_to_catalogue', 7, 'private.keep_to_catalogue()', false),
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
            count(*) filter (where refuses_changes.found) as restrictive,
            string_agg(policy.polname, ', ' order by policy.polname)
            filter (where not policy.polpermissive and not refuses_changes.found) as hiding
        from pg_policy as policy
        cross join lateral (
            select not policy.polpermissive and policy.polroles = '{0}' and policy.polcmd in ('w', 'd') as found
        ) as refuses_changes
        where policy.polrelid = relation.oid
    ) as policies
    cross join lateral (
        select string_agg(rule.rulename, ', ' order by rule.rulename) as names
        from pg_rewrite as rule
        where rule.ev_class = relation.oid
    ) as rules
    cross join lateral (
        select string_agg(trigger.tgname, ', ' order by trigger.tgname) as names
        from pg_trigger as trigger
        inner join pg_proc as does on does.oid = trigger.tgfoid
        where
            trigger.tgrelid = relation.oid
            and (not trigger.tgisinternal or trigger.tgparentid <> 0)
            and (does.proowner <> to_regrole('peerledger_owner') or does.pronamespace <> to_regnamespace('private'))
    ) as strangers
    cross join lateral (
        select exists (
            select from aclexplode(relation.relacl) as acl where acl.grantee <> relation.relowner
        ) and tree.level > 0 as found
    ) as private_grants
$$;

comment on function private.log_guards is
'Each log and partition and what is wrong with its guards now (empty: nothing). For our functions and the runner.';
revoke all on function private.log_guards from public, anon, authenticated, service_role;
