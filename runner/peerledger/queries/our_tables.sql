-- The tables that a migration may change, in the order in which it locks them; a partition goes with its parent.
select class.relname, class.oid::regclass::text
from pg_catalog.pg_class as class
where
    class.relnamespace in (select oid from pg_catalog.pg_namespace where nspname in ('public', 'private'))
    and class.relkind in ('r', 'p')
    and not class.relispartition
    and pg_catalog.pg_get_userbyid(class.relowner) = 'peerledger_owner'
order by class.oid;
