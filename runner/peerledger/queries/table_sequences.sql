-- Which sequence belongs to which table?
select sequence.oid::regclass::text, format('%%s.%%s', schema.nspname, class.relname)
from pg_catalog.pg_class as sequence
inner join pg_catalog.pg_depend as owned
    on owned.classid = 'pg_class'::regclass and owned.objid = sequence.oid and owned.deptype in ('a', 'i')
inner join pg_catalog.pg_class as class
    on owned.refclassid = 'pg_class'::regclass and class.oid = owned.refobjid
inner join pg_catalog.pg_namespace as schema on schema.oid = class.relnamespace
where sequence.relkind = 'S';
