-- The logs that are sealed, in the order of their codes.
select log_name
from private.seal_codes
order by log_code;
