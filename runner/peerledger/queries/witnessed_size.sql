-- The size of the largest tree, up to this one, that the witness has cosigned; 0: it has seen none.
select coalesce(max(tree_size), 0)
from private.seal_receipts
where kind = 'witness' and tree_size <= %(size)s;
