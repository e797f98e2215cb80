-- How many entries a month of a log has.
select count(*)
from private.read_log_month(%(log)s, %(month)s);
