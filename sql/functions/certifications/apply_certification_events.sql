-- All events at once, which is the usual case and costs one sub-transaction. If that fails, each half by
-- itself: the one mentor that cannot be handled is found in some log2(n) steps, and everybody else is handled.
create or replace function private.apply_certification_events(
    run_id uuid,
    events private.certification_event[]
)
returns private.certification_entry[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_error text;
    v_half int := cardinality(events) / 2;
begin
    begin
        perform private.set_mentor_status(expired.mentor_ids, 'expired_cert', 'expiry_run', apply_certification_events.run_id)
        from (
            select array_agg(event.mentor_id) as mentor_ids
            from unnest(events) as event
            where event.event_type = 'status_transitioned'
        ) as expired
        where expired.mentor_ids is not null;

        insert into public.cert_expiry_reminders (
            organisation_id, mentor_id, certification_id, threshold_day, certification_expiry_date, run_id
        )
        select
            event.organisation_id, event.mentor_id, event.certification_id, event.threshold_days, event.expires_on,
            apply_certification_events.run_id
        from unnest(events) as event
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
        from unnest(events) as event
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
            from unnest(events) as event
        );
    exception
        -- The contract: one mentor's failure stops nobody else, and its entry says so.
        when others then
            v_error := sqlstate;
    end;

    if cardinality(events) > 1 then
        return
            private.apply_certification_events(apply_certification_events.run_id, events[:v_half])
            || private.apply_certification_events(apply_certification_events.run_id, events[v_half + 1:]);
    end if;

    return array[
        row(
            events[1].mentor_id, events[1].organisation_id, events[1].certification_id,
            case when events[1].event_type = 'status_transitioned' then 'transition_failed' else 'reminder_failed' end,
            case when events[1].event_type = 'status_transitioned' then 'active' end,
            null,
            events[1].threshold_days, clock_timestamp(),
            case
                when events[1].event_type = 'status_transitioned' then 'The status could not be changed. '
                else 'The reminder could not be handed to the outbox. '
            end || private.safe_error_text(v_error)
        )::private.certification_entry
    ];
end
$$;

comment on function private.apply_certification_events is
'Does what a run has to do, and returns an entry for each event, also for those that failed. For our functions only.';
revoke all on function private.apply_certification_events from public, anon, authenticated, service_role;
