-- The checkpoint that the database keeps as the newest.
select note
from private.seal_checkpoints
order by tree_size desc
limit 1;
