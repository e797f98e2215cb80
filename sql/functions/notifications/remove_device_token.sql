-- Definer: nobody may delete from the table itself.
create or replace function public.remove_device_token(
    token text
)
returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from public.device_tokens as device
    where
        device.token = remove_device_token.token
        and (device.user_id = private.caller_id() or private.is_service_call());
    return found;
end
$$;

comment on function public.remove_device_token is
'Removes a device: no more push messages go there.
Call it when the user signs out. True when it was one of the caller''s. Callable by authenticated and service_role.';
revoke all on function public.remove_device_token from public, anon, authenticated, service_role;
grant execute on function public.remove_device_token to authenticated, service_role;
