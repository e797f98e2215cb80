create or replace function private.do_certification_events(
    run_id uuid,
    events private.certification_event[]
)
returns private.certification_entry[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
as $$
begin
    perform private.set_mentor_status(expired.mentor_ids, 'expired_cert', 'expiry_run', do_certification_events.run_id)
    from (
        select array_agg(event.mentor_id) as mentor_ids
        from unnest(do_certification_events.events) as event
        where event.event_type = 'status_transitioned'
    ) as expired
    where expired.mentor_ids is not null;

    insert into public.cert_expiry_reminders (
        organisation_id, mentor_id, certification_id, threshold_day, certification_expiry_date, run_id
    )
    select
        event.organisation_id, event.mentor_id, event.certification_id, event.threshold_days, event.expires_on,
        do_certification_events.run_id
    from unnest(do_certification_events.events) as event
    where event.event_type = 'reminder_dispatched';

    perform private.notify_about_mentors(array_agg(
        row(
            event.mentor_id,
            kind.name,
            jsonb_build_object(
                'mentor_id', event.mentor_id,
                'certification_id', event.certification_id,
                'expires_on', event.expires_on
            ),
            concat_ws(':', kind.name, event.mentor_id, event.expires_on, event.threshold_days)
        )::private.mentor_message
    ))
    from unnest(do_certification_events.events) as event
    inner join (
        values
        ('status_transitioned', 'certification_expired'),
        ('reminder_dispatched', 'certification_reminder')
    ) as kind (event_type, name) on kind.event_type = event.event_type;

    return array(
        select
            row(
                event.mentor_id, event.organisation_id, event.certification_id, event.event_type,
                case when event.event_type = 'status_transitioned' then 'active' end,
                case when event.event_type = 'status_transitioned' then 'expired_cert' end,
                event.threshold_days, clock_timestamp(),
                case when event.event_type = 'reminder_failed' then
                    'Nobody can be told: the mentor has neither an account nor an e-mail address, and no coordinator.'
                end
            )::private.certification_entry
        from unnest(do_certification_events.events) as event
    );
end
$$;

comment on function private.do_certification_events is
'Changes statuses, writes reminders and hands messages to the outbox, of all these events or, by raising, of none.
Returns an entry for each. For our functions only.';
revoke all on function private.do_certification_events from public, anon, authenticated, service_role;
