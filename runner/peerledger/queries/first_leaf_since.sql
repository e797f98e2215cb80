-- The first leaf that was sealed on that day (UTC) or later; the size of the tree if none was.
select coalesce(min(first_index), private.tree_size())
from private.seal_batches
where sealed_at >= %(since)s::date::timestamp at time zone 'utc';
