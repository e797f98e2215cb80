create or replace function private.on_activity_updating()
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

comment on function private.on_activity_updating is
'Trigger function of activities: stamps updated_at.';
revoke all on function private.on_activity_updating from public, anon, authenticated, service_role;

create or replace trigger _100_stamp_updated_at
before update on public.activities
for each row execute function private.on_activity_updating();
