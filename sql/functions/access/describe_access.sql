-- The state of access, as the catalog has it: who owns what, who may do what with it, and what fires or hides rows. It is
-- compared with the description that belongs to a version of the code (sql/access.csv), which was made by this function,
-- too. So nothing in it may depend on the server's version, on its settings or on the order in which things were made.
--
-- Described is what peerledger_owner owns in public and private, all else in private, and what is named in `known`,
-- whoever owns it; of a function also whether it is a definer. Partitions of one log are all alike: they are described once, as `partitions of` that log.
create or replace function private.describe_access(
    known text[] default '{}'
)
returns table (
    kind text,
    object text,
    found_in text,
    aspect text,
    value text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
set intervalstyle = 'postgres'
set datestyle = 'ISO, YMD'
set timezone = 'UTC'
-- Compiling it takes seconds, running it milliseconds.
set jit = off
as $$
    with
    person as (
        select
            role.oid,
            role.rolname::text as rolname,
            role.rolname = 'peerledger_owner' as is_owner,
            -- Whoever may become the owner may migrate; which role that is differs from installation to installation.
            role.rolname not in ('peerledger_owner', 'anon', 'authenticated', 'service_role', 'authenticator')
            and coalesce(pg_has_role(role.oid, to_regrole('peerledger_owner'), 'member'), role.rolsuper) as is_migrator
        from pg_roles as role
    ),
    relation as (
        select
            class.oid,
            class.relkind,
            class.relowner,
            class.relacl,
            class.relpersistence,
            class.relrowsecurity,
            class.relforcerowsecurity,
            format('%I.%I', schema.nspname, class.relname) as found_in,
            case
                when class.relispartition then 'partition'
                when class.relkind in ('r', 'p') then 'table'
                when class.relkind = 'S' then 'sequence'
                else 'view'
            end as kind,
            case
                when class.relispartition
                    then format('partitions of %s', (
                        select format('%I.%I', parent_schema.nspname, parent.relname)
                        from pg_inherits as part
                        inner join pg_class as parent on parent.oid = part.inhparent
                        inner join pg_namespace as parent_schema on parent_schema.oid = parent.relnamespace
                        where part.inhrelid = class.oid
                    ))
                else format('%I.%I', schema.nspname, class.relname)
            end as object
        from pg_class as class
        inner join pg_namespace as schema on schema.oid = class.relnamespace
        inner join person as relation_owner on relation_owner.oid = class.relowner
        where
            schema.nspname in ('public', 'private')
            and class.relkind in ('r', 'p', 'S', 'v', 'm', 'f')
            and (
                relation_owner.is_owner
                or schema.nspname = 'private'
                or format('%I.%I', schema.nspname, class.relname) = any (describe_access.known)
            )
            and not exists (
                select
                from pg_depend as member
                where
                    member.classid = 'pg_class'::regclass
                    and member.objid = class.oid
                    -- An extension's; or a sequence that belongs to a column, and goes with its table.
                    and member.deptype in ('e', 'i', 'a')
                    and (member.deptype = 'e' or class.relkind = 'S')
            )
    ),
    routine as (
        select
            proc.*,
            proc.oid::regprocedure::text as object,
            proc_language.lanname as language_name
        from pg_proc as proc
        inner join pg_namespace as schema on schema.oid = proc.pronamespace
        inner join pg_language as proc_language on proc_language.oid = proc.prolang
        inner join person as routine_owner on routine_owner.oid = proc.proowner
        where
            schema.nspname in ('public', 'private')
            and (
                routine_owner.is_owner
                or schema.nspname = 'private'
                or proc.oid::regprocedure::text = any (describe_access.known)
            )
            and not exists (
                select
                from pg_depend as member
                where member.classid = 'pg_proc'::regclass and member.objid = proc.oid and member.deptype = 'e'
            )
    ),
    named_type as (
        select
            type.oid,
            type.typowner,
            type.typacl,
            type.oid::regtype::text as object
        from pg_type as type
        inner join pg_namespace as schema on schema.oid = type.typnamespace
        inner join person as type_owner on type_owner.oid = type.typowner
        left join pg_class as class on class.oid = type.typrelid
        where
            schema.nspname in ('public', 'private')
            and (type.typtype in ('e', 'd', 'r') or class.relkind = 'c')
            and (
                type_owner.is_owner
                or schema.nspname = 'private'
                or type.oid::regtype::text = any (describe_access.known)
            )
            and not exists (
                select
                from pg_depend as member
                where member.classid = 'pg_type'::regclass and member.objid = type.oid and member.deptype = 'e'
            )
    ),
    owned as (
        select relation.kind, relation.object, relation.found_in, relation.relowner as owner_id
        from relation
        union all
        select 'function', routine.object, routine.object, routine.proowner
        from routine
        union all
        select 'type', named_type.object, named_type.object, named_type.typowner
        from named_type
        union all
        select 'schema', schema.nspname::text, schema.nspname::text, schema.nspowner
        from pg_namespace as schema
        where schema.nspname = 'private'
    ),
    acl as (
        select relation.kind, relation.object, relation.found_in, relation.relowner as owner_id, entry.*
        from relation
        cross join aclexplode(
            coalesce(
                relation.relacl,
                acldefault(case relation.relkind when 'S' then 's' else 'r' end::"char", relation.relowner)
            )
        ) as entry
        union all
        select 'function', routine.object, routine.object, routine.proowner, entry.*
        from routine
        cross join aclexplode(coalesce(routine.proacl, acldefault('f', routine.proowner))) as entry
        union all
        select 'type', named_type.object, named_type.object, named_type.typowner, entry.*
        from named_type
        cross join aclexplode(coalesce(named_type.typacl, acldefault('T', named_type.typowner))) as entry
        union all
        select 'schema', schema.nspname::text, schema.nspname::text, schema.nspowner, entry.*
        from pg_namespace as schema
        cross join aclexplode(coalesce(schema.nspacl, acldefault('n', schema.nspowner))) as entry
        -- public belongs to the app, or to its host: what matters there is only what we need of it.
        where
            schema.nspname = 'private'
            or (schema.nspname = 'public' and entry.grantee = to_regrole('peerledger_owner'))
    )
    select owned.kind, owned.object, owned.found_in, 'owner', case when person.is_migrator then 'the migrating role' else person.rolname end
    from owned
    inner join person on person.oid = owned.owner_id

    union all
    select
        acl.kind, acl.object, acl.found_in,
        'privileges of ' || case
            when acl.grantee = acl.owner_id then 'its owner'
            when acl.grantee = 0 then 'PUBLIC'
            else coalesce(person.rolname, acl.grantee::text)
        end,
        string_agg(
            acl.privilege_type || case when acl.is_grantable then ' with grant option' else '' end,
            ', ' order by acl.privilege_type
        )
    from acl
    left join person on person.oid = acl.grantee
    -- PostgreSQL 17 added it to what an owner has.
    where not (acl.privilege_type = 'MAINTAIN' and acl.grantee = acl.owner_id)
    group by acl.kind, acl.object, acl.found_in, acl.owner_id, acl.grantee, person.rolname

    union all
    select
        relation.kind, relation.object, relation.found_in, 'column privileges of ' || coalesce(person.rolname, 'PUBLIC'),
        string_agg(granted.words, ', ' order by granted.words)
    from relation
    inner join pg_attribute as relation_column
        on relation_column.attrelid = relation.oid and relation_column.attacl is not null and not relation_column.attisdropped
    cross join aclexplode(relation_column.attacl) as entry
    cross join lateral (
        select format(
            '%s (%I)%s',
            entry.privilege_type, relation_column.attname, case when entry.is_grantable then ' with grant option' end
        ) as words
    ) as granted
    left join person on person.oid = entry.grantee
    where entry.grantee <> relation.relowner
    group by relation.kind, relation.object, relation.found_in, entry.grantee, person.rolname

    union all
    select
        relation.kind, relation.object, relation.found_in, 'row level security',
        case
            when relation.relrowsecurity and relation.relforcerowsecurity then 'on and forced'
            when relation.relrowsecurity then 'on but not forced'
            else 'off'
        end
    from relation
    where relation.relkind in ('r', 'p')

    union all
    select
        relation.kind, relation.object, relation.found_in, 'storage',
        case relation.relpersistence when 'p' then 'permanent' when 'u' then 'unlogged' else 'temporary' end
    from relation
    where relation.relkind in ('r', 'p')

    union all
    select
        relation.kind, relation.object, relation.found_in, 'policy ' || quote_ident(policy.polname),
        concat_ws(
            ' ',
            case when policy.polpermissive then 'permissive' else 'restrictive' end,
            'for',
            case policy.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
            'to',
            (
                select string_agg(coalesce(person.rolname, 'public'), ', ' order by person.rolname)
                from unnest(policy.polroles) as role_id
                left join person on person.oid = role_id
            ),
            'using ' || pg_get_expr(policy.polqual, policy.polrelid),
            'with check ' || pg_get_expr(policy.polwithcheck, policy.polrelid)
        )
    from relation
    inner join pg_policy as policy on policy.polrelid = relation.oid

    union all
    select
        relation.kind, relation.object, relation.found_in, 'trigger ' || quote_ident(trigger.tgname),
        case trigger.tgenabled when 'O' then 'on' when 'A' then 'always on' when 'R' then 'on in replica sessions only' else 'off' end
        || ': ' || replace(pg_get_triggerdef(trigger.oid), ' ON ' || relation.found_in || ' ', ' ON this table ')
    from relation
    inner join pg_trigger as trigger on trigger.tgrelid = relation.oid
    where not trigger.tgisinternal

    union all
    select
        relation.kind, relation.object, relation.found_in, 'foreign keys',
        format('%s triggers of foreign keys are off', count(*))
    from relation
    inner join pg_trigger as trigger on trigger.tgrelid = relation.oid
    where trigger.tgisinternal and trigger.tgenabled <> 'O'
    group by relation.kind, relation.object, relation.found_in

    union all
    select
        relation.kind, relation.object, relation.found_in, 'rule ' || quote_ident(rule.rulename), pg_get_ruledef(rule.oid)
    from relation
    inner join pg_rewrite as rule on rule.ev_class = relation.oid
    where relation.relkind in ('r', 'p')

    union all
    select
        'function', routine.object, routine.object, described.aspect, described.value
    from routine
    cross join lateral (
        values
        (
            'attributes',
            concat_ws(
                ', ',
                'language ' || routine.language_name,
                case routine.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
                case when routine.prosecdef then 'security definer' else 'security invoker' end,
                case when routine.proisstrict then 'strict' end,
                case when routine.proleakproof then 'leakproof' end,
                case routine.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' end,
                (
                    select string_agg('set ' || setting.line, ', ' order by setting.line)
                    from unnest(routine.proconfig) as setting (line)
                )
            )
        ),
        (
            'signature',
            concat_ws(
                ' returns ',
                '(' || pg_get_function_arguments(routine.oid) || ')', pg_get_function_result(routine.oid)
            )
        ),
        (
            'body',
            'sha256 ' || encode(sha256(convert_to(coalesce(pg_get_function_sqlbody(routine.oid), routine.prosrc), 'UTF8')), 'hex')
        )
    ) as described (aspect, value)

    union all
    select
        'default privileges', defaults.object, defaults.object,
        'privileges of ' || case
            when entry.grantee = defaults.defaclrole then 'the owner'
            when entry.grantee = 0 then 'PUBLIC'
            else coalesce(person.rolname, entry.grantee::text)
        end || ' on ' || defaults.objects,
        string_agg(entry.privilege_type, ', ' order by entry.privilege_type)
    from (
        -- Where nobody has changed them, the built-in ones.
        select
            format('of %I', person.rolname) as object,
            person.oid as defaclrole,
            kinds.objects,
            coalesce(default_acl.defaclacl, acldefault(kinds.code, person.oid)) as acl
        from person
        cross join (
            values ('r'::"char", 'tables'), ('s', 'sequences'), ('f', 'functions'), ('T', 'types'), ('n', 'schemas')
        ) as kinds (code, objects)
        left join pg_default_acl as default_acl
            on
                default_acl.defaclrole = person.oid
                and default_acl.defaclnamespace = 0
                and default_acl.defaclobjtype = case kinds.code when 's' then 'S' else kinds.code end
        where person.is_owner
        union all
        select
            format('of %I in schema %I', person.rolname, schema.nspname),
            default_acl.defaclrole,
            case default_acl.defaclobjtype
                when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' else 'schemas'
            end,
            default_acl.defaclacl
        from pg_default_acl as default_acl
        inner join pg_namespace as schema on schema.oid = default_acl.defaclnamespace
        inner join person on person.oid = default_acl.defaclrole
        where person.is_owner or schema.nspname = 'private'
    ) as defaults
    cross join aclexplode(defaults.acl) as entry
    left join person on person.oid = entry.grantee
    where not (entry.privilege_type = 'MAINTAIN' and entry.grantee = defaults.defaclrole)
    group by defaults.object, defaults.objects, defaults.defaclrole, entry.grantee, person.rolname

    union all
    select 'role', role.rolname::text, role.rolname::text, power.aspect, power.value
    from pg_roles as role
    cross join lateral (
        values
        ('superuser', role.rolsuper, 'yes'),
        ('passes row level security', role.rolbypassrls and role.rolname <> 'service_role', 'yes'),
        ('may log in', role.rolcanlogin and role.rolname = 'peerledger_owner', 'yes'),
        ('may make roles', role.rolcreaterole and role.rolname in ('peerledger_owner', 'anon', 'authenticated'), 'yes'),
        (
            'may become peerledger_owner',
            role.rolname <> 'peerledger_owner'
            and not role.rolsuper
            and pg_has_role(role.oid, to_regrole('peerledger_owner'), 'member'),
            'yes'
        )
    ) as power (aspect, is_found, value)
    where
        role.rolname in ('peerledger_owner', 'anon', 'authenticated', 'service_role', 'authenticator')
        and power.is_found
$$;

comment on function private.describe_access is
'Owners, privileges, row level security, policies, triggers, rules, functions, default privileges and roles, as they are '
'now: a row an aspect of an object. known: names of objects that are described whoever owns them. For our functions and '
'the runner.';
revoke all on function private.describe_access from public, anon, authenticated, service_role;
