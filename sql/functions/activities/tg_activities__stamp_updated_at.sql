create or replace function private.tg_activities__stamp_updated_at()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    new.updated_at := now();
    return new;
end
$$;

comment on function private.tg_activities__stamp_updated_at is
'Trigger function of activities: stamps updated_at.';
revoke all on function private.tg_activities__stamp_updated_at from public, anon, authenticated, service_role;
