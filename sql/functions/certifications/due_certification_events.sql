-- The one place that decides what a run does: run_certification_expiry does it, and
-- simulate_certification_expiry shows it.
create or replace function private.due_certification_events(
    as_of date,
    at_time timestamptz
)
returns setof private.certification_event
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        mentor.id,
        mentor.organisation_id,
        certificate.id,
        certificate.expires_on,
        case
            when certificate.expires_on < organisation.today then 'status_transitioned'
            when
                mentor.user_id is not null
                or btrim(mentor.email) <> ''
                or exists (
                    select
                    from public.coordinator_assignments as assignment
                    where
                        assignment.organisation_id = mentor.organisation_id
                        and (assignment.chapter_id is null or assignment.chapter_id = mentor.chapter_id)
                )
                then 'reminder_dispatched'
            -- Nobody can be told.
            else 'reminder_failed'
        end,
        case when certificate.expires_on >= organisation.today then reached.threshold_day end
    from (
        select
            organisation.id,
            coalesce(
                due_certification_events.as_of,
                (due_certification_events.at_time at time zone organisation.time_zone)::date
            ) as today,
            case
                when coalesce(settings.certification_reminders_enabled, true)
                    then coalesce(settings.reminder_thresholds_days, '{30,14,7}')
                else '{}'
            end as thresholds
        from public.organisations as organisation
        left join public.organisation_settings as settings on settings.organisation_id = organisation.id
    ) as organisation
    cross join lateral (
        select organisation.today + coalesce(max(threshold.days), -1) as last_day
        from unnest(organisation.thresholds) as threshold (days)
    ) as horizon
    inner join public.certifications as certificate
        on certificate.organisation_id = organisation.id and certificate.expires_on <= horizon.last_day
    inner join public.peer_mentors as mentor on mentor.id = certificate.mentor_id and mentor.status = 'active'
    -- The tightest threshold that is reached. Without subtracting: a certificate may expire at infinity.
    cross join lateral (
        select min(threshold.days) as threshold_day
        from unnest(organisation.thresholds) as threshold (days)
        where organisation.today + threshold.days >= certificate.expires_on
    ) as reached
    where
        -- It governs: none of the mentor's expires later.
        not exists (
            select
            from public.certifications as later
            where
                later.mentor_id = certificate.mentor_id
                and (later.expires_on, later.issued_on, later.id)
                > (certificate.expires_on, certificate.issued_on, certificate.id)
        )
        -- A tighter reminder than this one makes this one pointless, whenever the thresholds changed.
        and (
            certificate.expires_on < organisation.today
            or not exists (
                select
                from public.cert_expiry_reminders as sent
                where
                    sent.mentor_id = mentor.id
                    and sent.certification_expiry_date = certificate.expires_on
                    and sent.threshold_day <= reached.threshold_day
            )
        )
$$;

comment on function private.due_certification_events is
'What an expiry run would do on that date, or, without one, on each organisation''s own today at that time. For our
functions only.';
revoke all on function private.due_certification_events from public, anon, authenticated, service_role;
