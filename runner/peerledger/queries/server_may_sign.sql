-- Is this the server, and the timeline of it, whose checkpoints were signed so far? Or has none been signed?
select
    state.signing_timeline is null
    or (
        state.signing_system_identifier is not distinct from server.system_identifier
        and state.signing_timeline is not distinct from server.timeline
    )
from private.seal_state as state, private.server_identity() as server;
