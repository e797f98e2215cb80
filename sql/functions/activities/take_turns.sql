-- Rows are locked in the order in which a client names them or a scan meets them, and nothing can sort them before. A
-- mentor's rows are theirs alone, so their own statements are all that can meet; coordinators meet in the organisation.
create or replace function private.take_turns()
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select pg_advisory_xact_lock(hashtextextended('peerledger.turn ' || turn.key, 0))
    from (
        select given.key
        from (
            select coalesce(private.caller_id()::text, session_user) as key
            union
            select mine.id::text from private.my_organisation_ids() as mine (id)
        ) as given
        order by given.key
    ) as turn
$$;

comment on function private.take_turns is
'Waits, until the end of the transaction, for the turn of the caller and of the organisations in which they are a coordinator.
Taken before anything else is locked, so that transactions that lock the same rows in different orders never wait for each
other in a circle. For our functions only.';
revoke all on function private.take_turns from public, anon, authenticated, service_role;
