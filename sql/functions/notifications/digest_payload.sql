create or replace function private.digest_payload(
    digest_id uuid
)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        jsonb_build_object(
            'digest_on', max(counted.digest_on),
            'counts', jsonb_object_agg(counted.kind, jsonb_array_length(counted.messages)),
            'messages', jsonb_object_agg(counted.kind, counted.messages)
        )
        -- Whoever reads it keeps what a later history of the logs must continue.
        || coalesce((select jsonb_build_object('checkpoint', to_jsonb(newest)) from private.newest_checkpoint() as newest), '{}')
    from (
        select
            message.kind,
            max(message.digest_on) as digest_on,
            jsonb_agg(
                message.payload || jsonb_build_object('notification_id', message.id)
                order by message.created_at, message.id
            ) as messages
        from public.notifications as message
        where message.digest_id = digest_payload.digest_id
        group by message.kind
    ) as counted
$$;

comment on function private.digest_payload is
'What a digest tells: how many of each kind, their ids and dates, and the newest checkpoint
of the logs. For our functions only.';
revoke all on function private.digest_payload from public, anon, authenticated, service_role;
