-- Never fails: what raises an alert has a promise of its own to keep – a run goes on, a result is not undone – and most
-- of all when something is broken. What only looks after things, and will look again, calls private.write_alert.
-- Definer: as private.write_alert, which no caller may call.
create or replace function private.raise_alert(
    kind text,
    severity text,
    message text,
    dedupe_key text,
    organisation_id uuid default null,
    details jsonb default '{}'
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.write_alert(
        -- A kind that somebody forgot to list is no reason to tell nobody.
        coalesce(
            (select known.kind from private.alert_kinds() as known where known.kind = raise_alert.kind), 'unclassified'
        ),
        raise_alert.severity, raise_alert.message,
        raise_alert.dedupe_key, raise_alert.organisation_id, raise_alert.details
    );
exception
    when others then
        raise warning 'peerledger: an alert % could not be raised (%)', raise_alert.kind, sqlstate;
end
$$;

comment on function private.raise_alert is
'Tells the operators, as private.write_alert does. A failure is a warning, never an error. For our functions only.';
revoke all on function private.raise_alert from public, anon, authenticated, service_role;
