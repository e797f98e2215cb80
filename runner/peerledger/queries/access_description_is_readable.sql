-- May we read the stored description of access? No row where an older version has no such table.
select pg_catalog.has_table_privilege(class.oid, 'select')
from pg_catalog.pg_class as class
inner join pg_catalog.pg_namespace as schema on schema.oid = class.relnamespace
where schema.nspname = 'private' and class.relname = 'access_description';
