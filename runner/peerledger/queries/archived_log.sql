-- The column by which the entries of a log have their time; no row where there is no such log.
select time_column
from private.logs
where log_name = %(log)s;
