-- Definer: a device that somebody else used before moves to the caller, who may not see that row.
create or replace function public.register_device_token(
    token text,
    platform text
)
returns uuid
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_max_devices constant int := 20;
    v_user_id uuid := private.caller_id();
    v_id uuid;
begin
    if v_user_id is null then
        raise exception using
            errcode = '42501',
            message = 'Only a signed-in user can register a device.';
    end if;
    if
        not coalesce(register_device_token.token ~ '^[!-~]+$' and length(register_device_token.token) <= 2048, false)
        or not coalesce(register_device_token.platform in ('android', 'ios', 'web'), false)
    then
        raise exception using
            errcode = '22023',
            message = 'A device needs its token and a platform: android, ios or web.';
    end if;

    insert into public.device_tokens as device (user_id, token, platform, last_seen_at)
    values (v_user_id, register_device_token.token, register_device_token.platform, clock_timestamp())
    on conflict on constraint device_tokens_token_key do update
    set
        user_id = excluded.user_id,
        platform = excluded.platform,
        last_seen_at = excluded.last_seen_at
    returning device.id into v_id;

    -- An app that registers under a new token each time would otherwise fill the table.
    delete from public.device_tokens as device
    where
        device.user_id = v_user_id
        and device.id <> v_id
        and device.id not in (
            select kept.id
            from public.device_tokens as kept
            where
                kept.user_id = v_user_id
                and kept.id <> v_id
            order by kept.last_seen_at desc, kept.id
            limit c_max_devices - 1
        );
    return v_id;
end
$$;

comment on function public.register_device_token is
'Registers a device of the caller for push messages.
Nobody else''s messages go there any longer. At each start of the app; the 20 seen last are kept. Returns its id.
Callable by authenticated and service_role with claims of a user. Errors: 42501 not signed in, 22023.';
revoke all on function public.register_device_token from public, anon, authenticated, service_role;
grant execute on function public.register_device_token to authenticated, service_role;
