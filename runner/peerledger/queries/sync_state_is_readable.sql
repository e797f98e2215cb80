-- Nothing: an error where we may not read what the website sync reads.
select mentor_id
from public.hlf_sync_state
limit 0;
