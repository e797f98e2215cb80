create or replace function private.seal_origin()
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        coalesce(state.origin, 'peerledger')
        || case when state.generation > 1 then '/' || state.generation else '' end
    from private.seal_state as state
$$;

comment on function private.seal_origin is
'The name of the tree in its checkpoints; a later generation has its number at the end. For our functions and the runner.';
revoke all on function private.seal_origin from public, anon, authenticated, service_role;
