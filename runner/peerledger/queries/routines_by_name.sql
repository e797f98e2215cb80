-- Which functions and procedures of ours bear one of these names: what is dropped when their files are gone.
select routine.oid::regprocedure::text, routine.oid
from pg_catalog.pg_proc as routine
where
    routine.proname = any (%(names)s)
    and routine.pronamespace in (select oid from pg_catalog.pg_namespace where nspname in ('public', 'private'))
    and pg_catalog.pg_get_userbyid(routine.proowner) = 'peerledger_owner';
