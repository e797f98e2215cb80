-- The columns that a copy may have. What belongs to others – the app, or the migrating role for its bookkeeping –
-- is never copied; what the database works out itself it works out again.
select format('%%s.%%s', schema.nspname, class.relname), field.attname, field.attgenerated <> ''
from pg_catalog.pg_class as class
inner join pg_catalog.pg_namespace as schema on schema.oid = class.relnamespace
inner join pg_catalog.pg_attribute as field
    on field.attrelid = class.oid and field.attnum > 0 and not field.attisdropped
where
    class.relkind in ('r', 'p')
    and not class.relispartition
    and class.relowner = to_regrole('peerledger_owner')
    and schema.nspname in ('public', 'private')
order by class.oid, field.attnum;
