-- Definer: the state belongs to the owner.
create or replace function private.begin_checkpoint(
    origin text default null
)
returns private.seal_state
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state private.seal_state;
begin
    update private.seal_state as state
    set
        origin = case
            -- A name that checkpoints bear already is not changed.
            when exists (select from private.seal_checkpoints) then state.origin
            else coalesce(begin_checkpoint.origin, state.origin, 'peerledger/' || gen_random_uuid())
        end
    returning * into v_state;
    return v_state;
end
$$;

comment on function private.begin_checkpoint is
'Names the tree, unless a checkpoint bears its name already, and returns the state. For the runner.';
revoke all on function private.begin_checkpoint from public, anon, authenticated, service_role;
