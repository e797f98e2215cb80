-- How large the tree is, whether entries from before the seals are still being adopted, and which came last.
select private.tree_size(), state.adopting_after is not null, state.adopting_after
from private.seal_state as state;
