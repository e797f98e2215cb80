-- Which entries that must be sealed by now are not?
select log_name, entry_id::text, entry_time::text
from private.unsealed_entries();
