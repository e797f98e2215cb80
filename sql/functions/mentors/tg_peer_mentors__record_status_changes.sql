-- What happens when a status changes: it is written down, or it does not change.
create or replace function private.tg_peer_mentors__record_status_changes()
returns trigger
language plpgsql
volatile
security definer -- anyone who may update a mentor may not write the history
set search_path = pg_catalog, pg_temp
-- Old rows meet new ones by hashes or in order, also in a plan that is kept from a statement of one row.
set enable_nestloop = off
as $$
declare
    v_cause jsonb := nullif(current_setting('peerledger.status_cause', true), '')::jsonb;
begin
    insert into public.mentor_status_changes (
        organisation_id, mentor_id, old_status, new_status, changed_at, changed_by, cause, run_id
    )
    select
        new_rows.organisation_id,
        new_rows.id,
        old_rows.status,
        new_rows.status,
        new_rows.status_changed_at,
        private.caller_id(),
        coalesce(v_cause ->> 'cause', 'direct'),
        (v_cause ->> 'run_id')::uuid
    from new_rows
    inner join old_rows on old_rows.id = new_rows.id
    where old_rows.status <> new_rows.status;
    return null;
end
$$;

comment on function private.tg_peer_mentors__record_status_changes is
'Trigger function of peer_mentors: one row of history for every changed status.';
revoke all on function private.tg_peer_mentors__record_status_changes from public, anon, authenticated, service_role;
