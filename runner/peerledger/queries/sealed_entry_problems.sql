-- Which entries of this part of the tree are not what was sealed? Times as text: one that was tampered with may be none.
select problem, log_name, leaf_index, entry_id::text, entry_time::text
from private.verify_seal(%(first)s, %(past)s);
