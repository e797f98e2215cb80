create or replace function private.checkpoint_text(
    tree_size bigint
)
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select format(
        E'%s\n%s\n%s\n', private.seal_origin(), checkpoint_text.tree_size,
        encode(private.range_root(0, checkpoint_text.tree_size), 'base64')
    )
$$;

comment on function private.checkpoint_text is
'The three lines of a checkpoint (C2SP tlog-checkpoint): origin, size and root. Error: PL008. For our functions and the runner.';
revoke all on function private.checkpoint_text from public, anon, authenticated, service_role;
