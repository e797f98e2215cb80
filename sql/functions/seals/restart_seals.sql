-- Definer: the state belongs to the owner.
create or replace function private.restart_seals(
    reason text,
    last_size bigint,
    last_root text
)
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not coalesce(restart_seals.reason ~ '^[A-Za-z][A-Za-z0-9_/.-]{0,39}$', false) then
        raise exception using
            errcode = '22023',
            message = 'The reason must be a code of up to 40 letters, digits and _ / . -, like restored_from_backup.';
    end if;
    update private.seal_state as state
    set
        generation = state.generation + 1,
        signing_system_identifier = server.system_identifier,
        signing_timeline = server.timeline
    from private.server_identity() as server;
    perform private.record_security_event(
        'seal_restarted',
        details => jsonb_build_object(
            'reason', restart_seals.reason,
            'last_size', restart_seals.last_size,
            'last_root', restart_seals.last_root,
            'tree_size', private.tree_size(),
            'origin', private.seal_origin()
        )
    );
    return private.seal_origin();
end
$$;

comment on function private.restart_seals is
'Begins another generation, under another name, of a tree that does not continue what was signed; the last checkpoint
that is known, and why, become an entry of security_events. Error: 22023. For `peerledger seal --new-generation`.';
revoke all on function private.restart_seals from public, anon, authenticated, service_role;
