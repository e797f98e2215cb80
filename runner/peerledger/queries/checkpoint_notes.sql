-- All checkpoints that the database keeps, the oldest first.
select note
from private.seal_checkpoints
order by tree_size;
