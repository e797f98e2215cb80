-- Definer: the state belongs to the owner.
create or replace function private.adopt_seals()
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update private.seal_state as state
    set
        signing_system_identifier = server.system_identifier,
        signing_timeline = server.timeline
    from private.server_identity() as server;
    perform private.record_security_event(
        'seal_adopted',
        details => (
            select jsonb_build_object(
                'system_identifier', state.signing_system_identifier::text, 'timeline', state.signing_timeline,
                'tree_size', private.tree_size()
            )
            from private.seal_state as state
        )
    );
end
$$;

comment on function private.adopt_seals is
'Says that this server is the production database now: its checkpoints are signed from here on. Recorded in
security_events. For `peerledger seal --adopt`.';
revoke all on function private.adopt_seals from public, anon, authenticated, service_role;
