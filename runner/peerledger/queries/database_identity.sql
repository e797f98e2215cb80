-- Which database is this, whatever its address: the server, since when it runs, and the database in it.
select
    control.system_identifier,
    pg_catalog.pg_postmaster_start_time(),
    (select oid from pg_catalog.pg_database where datname = current_database())
from pg_catalog.pg_control_system() as control;
