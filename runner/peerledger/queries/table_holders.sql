-- Whose transactions hold a lock on this table, the oldest first?
select
    format(
        'process %%s (%%s, %%s, in a transaction since %%s)',
        activity.pid, coalesce(nullif(activity.application_name, ''), 'no name'), activity.state,
        to_char(activity.xact_start, 'HH24:MI:SS')
    )
from pg_catalog.pg_stat_activity as activity
where
    activity.pid <> pg_catalog.pg_backend_pid()
    and exists (
        select from pg_catalog.pg_locks as held
        where
            held.pid = activity.pid and held.granted and held.locktype = 'relation'
            and held.relation = pg_catalog.to_regclass(%(table)s)
    )
order by activity.xact_start
limit 3;
