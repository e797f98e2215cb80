create or replace function private.alert_of_delivery_problems(
    message_ids uuid[],
    outcomes text[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if 'pause' = any (alert_of_delivery_problems.outcomes) then
        perform private.raise_alert(
            'notification_credentials',
            'critical',
            'The receiver of notifications refuses our credentials. Messages wait and are tried again every five '
            'minutes. Check the settings of the transport.',
            'notification_credentials'
        );
    end if;

    -- Somebody without the app is worth knowing, not an emergency; the message can still be read in it later.
    perform private.raise_alert(
        case when dead.is_unreachable then 'notification_unreachable' else 'notification_dead_letter' end,
        case when dead.is_unreachable then 'info' else 'warning' end,
        case
            when dead.is_unreachable then 'Messages could not be sent because their recipients have registered no device.'
            else 'Messages could not be delivered and are not tried again. When the cause is corrected, requeue them '
                'with requeue_notifications.'
        end,
        case when dead.is_unreachable then 'notification_unreachable:' else 'notification_dead_letter:' end
        || dead.organisation_id,
        dead.organisation_id,
        jsonb_build_object('notification_id', (array_agg(dead.id order by dead.created_at, dead.id))[1], 'count', count(*))
    )
    from (
        select
            message.*,
            message.last_error like any (
                array[
                    private.safe_delivery_text('message', null, 'no_address') || '%',
                    private.safe_delivery_text('message', null, 'unregistered') || '%'
                ]
            ) as is_unreachable
        from public.notifications as message
        where message.id = any (array(
                select result.id
                from unnest(alert_of_delivery_problems.message_ids, alert_of_delivery_problems.outcomes) as result (id, outcome)
                where result.outcome = 'dead_letter'
            ))
    ) as dead
    group by dead.organisation_id, dead.is_unreachable;
end
$$;

comment on function private.alert_of_delivery_problems is
'Alerts for refused credentials and dead letters, one open alert for each organisation and problem. For our functions only.';
revoke all on function private.alert_of_delivery_problems from public, anon, authenticated, service_role;
