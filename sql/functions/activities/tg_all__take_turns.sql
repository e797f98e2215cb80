create or replace function private.tg_all__take_turns()
returns trigger
language plpgsql
volatile
security definer -- anyone who may write a row need not be allowed to ask who they are
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.take_turns();
    return null;
end
$$;

comment on function private.tg_all__take_turns is
'Trigger function of what clients write many rows of: the statements of one caller, and those of the coordinators of an
organisation, run one after the other, so that they never wait for each other''s rows in a circle.';
revoke all on function private.tg_all__take_turns from public, anon, authenticated, service_role;
