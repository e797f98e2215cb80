-- Who holds the lock of all migrators of this database?
select activity.pid, activity.application_name, to_char(activity.backend_start, 'YYYY-MM-DD HH24:MI:SS OF')
from pg_catalog.pg_locks as held
inner join pg_catalog.pg_stat_activity as activity on activity.pid = held.pid
where
    held.locktype = 'advisory' and held.granted and held.classid = 0 and held.objid = %(key)s and held.objsubid = 1
    and held.database = (select oid from pg_catalog.pg_database where datname = current_database());
