-- Does one of our functions stand there twice, with other arguments? Then `create or replace` made a second one.
select format('%%I.%%I', schema.nspname, routine.proname)
from pg_catalog.pg_proc as routine
inner join pg_catalog.pg_namespace as schema on schema.oid = routine.pronamespace
where
    schema.nspname in ('public', 'private')
    and routine.proname = any (%(names)s)
    and pg_catalog.pg_get_userbyid(routine.proowner) = 'peerledger_owner'
    -- Of the row of one table each: computed relationships of the REST API, which must have the same name.
    and not (
        routine.pronargs = 1
        and exists (
            select from pg_catalog.pg_class as class
            where class.reltype = routine.proargtypes[0] and class.relkind in ('r', 'p')
        )
    )
group by schema.nspname, routine.proname
having count(*) > 1
order by 1
limit 1;
