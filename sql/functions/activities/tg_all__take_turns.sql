-- Rows are locked in the order in which a client names them or a scan meets them, and nothing can sort them before. A
-- mentor's rows are theirs alone, so their own statements are all that can meet; coordinators meet in the organisation.
create or replace function private.tg_all__take_turns()
returns trigger
language plpgsql
volatile
security definer -- anyone who may write a row need not be allowed to ask who they are
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('peerledger.turn ' || turn.key, 0))
    from (
        select given.key
        from (
            select coalesce(private.caller_id()::text, session_user) as key
            union
            select mine.id::text from private.my_organisation_ids() as mine (id)
        ) as given
        order by given.key
    ) as turn;
    return null;
end
$$;

comment on function private.tg_all__take_turns is
'Trigger function of what clients write many rows of: the statements of one caller, and those of the coordinators of an
organisation, run one after the other, so that they never wait for each other''s rows in a circle.';
revoke all on function private.tg_all__take_turns from public, anon, authenticated, service_role;
