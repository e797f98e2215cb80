-- A client may send a row back as it read it, times and all: they are the database's, and stay so. An upsert comes by
-- here twice, as the insert that it tries first and as the update that it becomes.
create or replace function private.tg_activities__stamp_times()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        new.created_at := now();
        new.updated_at := now();
        return new;
    end if;

    if
        not (
            pg_has_role(current_user, 'service_role', 'usage')
            or pg_has_role(current_user, 'peerledger_owner', 'usage')
        )
    then
        new.created_at := old.created_at;
    end if;
    -- What changes nothing is no change.
    new.updated_at := old.updated_at;
    if row(new.*) is distinct from row(old.*) then
        new.updated_at := now();
    end if;
    return new;
end
$$;

comment on function private.tg_activities__stamp_times is
'Trigger function of activities: stamps created_at and updated_at.';
revoke all on function private.tg_activities__stamp_times from public, anon, authenticated, service_role;
