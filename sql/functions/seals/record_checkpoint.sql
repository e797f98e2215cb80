-- Definer: the checkpoints belong to the owner.
create or replace function private.record_checkpoint(
    tree_size bigint,
    note text
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('synchronous_commit', 'on', true);
    insert into private.seal_checkpoints (tree_size, note)
    values (record_checkpoint.tree_size, record_checkpoint.note)
    on conflict do nothing;
    update private.seal_state as state
    set
        signing_system_identifier = coalesce(state.signing_system_identifier, server.system_identifier),
        signing_timeline = coalesce(state.signing_timeline, server.timeline)
    from private.server_identity() as server
    where state.signing_timeline is null;
end
$$;

comment on function private.record_checkpoint is
'Keeps a checkpoint that the runner made, and at the first one whose server''s it is. For the runner.';
revoke all on function private.record_checkpoint from public, anon, authenticated, service_role;
