-- Seals one batch: the size of the tree after it (null when nothing was left), where it begins, whether it adopts
-- older entries, and how many it took of the log of which it took most.
select
    batch.tree_size,
    batch.first_index,
    batch.is_adoption,
    (select max(entries.value::bigint) from jsonb_each_text(batch.rows_by_log) as entries)
from private.seal_logs(%(most)s) as batch;
