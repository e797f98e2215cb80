-- The tables of these names, if there is the procedure that closes them: an older version may not have it.
select class.oid
from pg_catalog.pg_class as class
where
    class.relname = any (%(names)s)
    and class.relkind in ('r', 'p')
    and class.relnamespace in (select oid from pg_catalog.pg_namespace where nspname in ('public', 'private'))
    and exists (
        select from pg_catalog.pg_proc as routine
        where
            routine.proname = 'close_table'
            and routine.pronamespace = (select oid from pg_catalog.pg_namespace where nspname = 'private')
    )
order by class.oid;
