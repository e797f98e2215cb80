create or replace function private.tree_size()
returns bigint
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$ select coalesce(max(batch.tree_size), 0) from private.seal_batches as batch $$;

comment on function private.tree_size is 'How many leaves the tree has. For our functions and the runner.';
revoke all on function private.tree_size from public, anon, authenticated, service_role;
