-- What the catalog itself remembers: a row of it that was changed and changed back is another version of the row, so its
-- xmin differs, and what was dropped and made again has another oid. xmin is compared for equality only: freezing keeps
-- it, and VACUUM, ANALYZE and REINDEX leave these rows alone. VACUUM FULL, CLUSTER and TRUNCATE do not.
create or replace function private.guard_versions()
returns table (
    object_name text,
    log_name text,
    parts jsonb
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
set jit = off
as $$
    with log_relations as materialized (
        select log.log_name, tree.relid
        from private.logs as log
        cross join pg_partition_tree(to_regclass(format('public.%I', log.log_name))) as tree
    ),

    -- Of the logs, and of what decides about them, everything; of our other tables what an entry or an alert hangs on.
    relations as materialized (
        select relation.oid, log_relations.log_name, true as is_whole
        from log_relations
        inner join pg_class as relation on relation.oid = log_relations.relid
        union all
        select
            relation.oid,
            null,
            relation.oid in (
                to_regclass('private.logs'), to_regclass('private.log_guard_marks'),
                to_regclass('private.recording_state'), to_regclass('private.unrecorded_refusals'),
                to_regclass('public.legal_holds'), to_regclass('public.ops_alerts')
            )
        from pg_class as relation
        where
            relation.relnamespace in (to_regnamespace('public'), to_regnamespace('private'))
            and relation.relowner = to_regrole('peerledger_owner')
            and (relation.relkind in ('r', 'p') or relation.oid = to_regclass('private.unrecorded_refusals'))
            and relation.oid not in (select relid from log_relations)
    ),

    parts as (
        select relation.oid, 'table' as part, relation.oid::text as version
        from relations as relation
        union all
        select relation.oid, detail.part, detail.version
        from relations as relation
        inner join pg_class as class on class.oid = relation.oid
        cross join lateral (
            values
            ('definition', class.xmin::text),
            ('storage', concat_ws(' ', class.relfilenode, class.relpersistence))
        ) as detail (part, version)
        where relation.is_whole
        union all
        select relation.oid, 'row level security', concat_ws(' ', class.relrowsecurity, class.relforcerowsecurity)
        from relations as relation
        inner join pg_class as class on class.oid = relation.oid
        union all
        select
            relation.oid,
            case when attribute.attisdropped then 'dropped column ' || attribute.attnum else 'column ' || attribute.attname end,
            attribute.xmin::text
        from relations as relation
        inner join pg_attribute as attribute on attribute.attrelid = relation.oid
        where relation.is_whole and attribute.attnum > 0
        union all
        select relation.oid, 'default ' || attribute.attname, preset.xmin::text
        from relations as relation
        inner join pg_attrdef as preset on preset.adrelid = relation.oid
        inner join pg_attribute as attribute on attribute.attrelid = relation.oid and attribute.attnum = preset.adnum
        where relation.is_whole
        union all
        -- A foreign trigger on one of the other tables is the app's own affair.
        select relation.oid, 'trigger ' || trigger.tgname, concat_ws(' ', trigger.oid, trigger.xmin)
        from relations as relation
        inner join pg_trigger as trigger on trigger.tgrelid = relation.oid
        inner join pg_proc as does on does.oid = trigger.tgfoid
        where
            (not trigger.tgisinternal or trigger.tgparentid <> 0)
            and (relation.is_whole or does.proowner = to_regrole('peerledger_owner'))
        union all
        select relation.oid, 'rule ' || rule.rulename, concat_ws(' ', rule.oid, rule.xmin)
        from relations as relation
        inner join pg_rewrite as rule on rule.ev_class = relation.oid
        union all
        select relation.oid, 'policy ' || policy.polname, concat_ws(' ', policy.oid, policy.xmin)
        from relations as relation
        inner join pg_policy as policy on policy.polrelid = relation.oid
        union all
        select relation.oid, 'constraint ' || rule.conname, concat_ws(' ', rule.oid, rule.xmin)
        from relations as relation
        inner join pg_constraint as rule on rule.conrelid = relation.oid
        where relation.is_whole and rule.contype <> 'n' -- NOT NULL is in the column.
        union all
        select relation.oid, 'partition of ' || part.inhparent::regclass, part.xmin::text
        from relations as relation
        inner join pg_inherits as part on part.inhrelid = relation.oid
        where relation.is_whole
        union all
        -- An index that can refuse an entry. What REINDEX changes of one is left out.
        select
            relation.oid,
            'index ' || class.relname,
            concat_ws(
                ' ', index.indisunique, index.indimmediate, index.indisvalid, index.indkey,
                pg_get_expr(index.indexprs, index.indrelid), pg_get_expr(index.indpred, index.indrelid)
            )
        from relations as relation
        inner join pg_index as index on index.indrelid = relation.oid
        inner join pg_class as class on class.oid = index.indexrelid
        where
            relation.is_whole
            and (index.indisunique or index.indexprs is not null or index.indpred is not null)
        union all
        -- The floor is a row.
        select to_regclass('private.logs')::oid, 'row ' || log.log_name, log.xmin::text
        from private.logs as log
    )

    select format('%I.%I', schema.nspname, class.relname), relation.log_name, collected.parts
    from (
        select parts.oid, jsonb_object_agg(parts.part, parts.version) as parts
        from parts
        group by parts.oid
    ) as collected
    inner join relations as relation on relation.oid = collected.oid
    inner join pg_class as class on class.oid = relation.oid
    inner join pg_namespace as schema on schema.oid = class.relnamespace
    union all
    select
        format('%I.%I(%s)', schema.nspname, routine.proname, pg_get_function_identity_arguments(routine.oid)),
        null,
        jsonb_build_object('function', concat_ws(' ', routine.oid, routine.xmin))
    from pg_proc as routine
    inner join pg_namespace as schema on schema.oid = routine.pronamespace
    where
        schema.nspname in ('public', 'private')
        and (
            routine.proowner = to_regrole('peerledger_owner')
            or routine.oid = to_regprocedure('private.write_security_event(jsonb)')
        )
$$;

comment on function private.guard_versions is
'Every table and function that the logs'' protection rests on, and the version of each part of it as the catalog has it '
'now. For our functions only.';
revoke all on function private.guard_versions from public, anon, authenticated, service_role;
