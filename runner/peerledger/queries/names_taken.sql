-- Which of the names that pending files would make has somebody else taken already?
select wanted.kind, wanted.schema, wanted.name
from jsonb_to_recordset(%(wanted)s) as wanted (kind text, schema text, name text)
inner join pg_catalog.pg_namespace as schema on schema.nspname = wanted.schema
where
    case
        when wanted.kind = 'function' then exists (
            select from pg_catalog.pg_proc as routine
            where
                routine.pronamespace = schema.oid and routine.proname = wanted.name
                and pg_catalog.pg_get_userbyid(routine.proowner) <> 'peerledger_owner'
        )
        else exists (
            select from pg_catalog.pg_class as class
            where class.relnamespace = schema.oid and class.relname = wanted.name
        ) or exists (
            select from pg_catalog.pg_type as type
            where type.typnamespace = schema.oid and type.typname = wanted.name
        )
    end
order by 1, 2, 3;
