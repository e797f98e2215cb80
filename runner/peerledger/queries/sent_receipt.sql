-- Was this checkpoint sent there, or stamped there, already?
select exists (
    select from private.seal_receipts
    where tree_size = %(size)s and kind = %(kind)s
);
