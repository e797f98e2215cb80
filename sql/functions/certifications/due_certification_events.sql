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
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
as $$
    -- Materialized: dates are worked out once an organisation, and thresholds only for the few that are near.
    with organisation as materialized (
        select
            dated.id,
            dated.today,
            dated.thresholds,
            -- Without thresholds: yesterday, since that is what has expired.
            dated.today + coalesce((select max(threshold.days) from unnest(dated.thresholds) as threshold (days)), -1)
            as last_day
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
        ) as dated
    ),

    near as materialized (
        select
            mentor.id as mentor_id,
            mentor.organisation_id,
            mentor.chapter_id,
            private.has_address(mentor) as has_address,
            certificate.id as certification_id,
            certificate.expires_on,
            organisation.today,
            organisation.thresholds
        from organisation
        inner join public.certifications as certificate
            on certificate.organisation_id = organisation.id
            and certificate.expires_on <= organisation.last_day
            and certificate.voided_at is null
        inner join public.peer_mentors as mentor on mentor.id = certificate.mentor_id and mentor.status = 'active'
        -- It governs: none of the mentor's expires later.
        where not exists (
            select
            -- OFFSET: by the mentor, and by nothing else that an index could be asked for.
            from (
                select held.*
                from public.certifications as held
                where held.mentor_id = certificate.mentor_id
                offset 0
            ) as later
            where
                later.voided_at is null
                and (later.expires_on, later.issued_on, later.id)
                > (certificate.expires_on, certificate.issued_on, certificate.id)
        )
    )

    select near.mentor_id, near.organisation_id, near.certification_id, near.expires_on, 'status_transitioned', null::int
    from near
    where near.expires_on < near.today
    union all
    select
        near.mentor_id,
        near.organisation_id,
        near.certification_id,
        near.expires_on,
        case
            when
                near.has_address
                or exists (
                    select
                    from public.coordinator_assignments as assignment
                    where private.reaches(assignment, near.organisation_id, near.chapter_id)
                )
                then 'reminder_dispatched'
            -- Nobody can be told.
            else 'reminder_failed'
        end,
        reached.threshold_days
    from near
    -- The tightest threshold that is reached.
    cross join lateral (
        select min(threshold.days) as threshold_days
        from unnest(near.thresholds) as threshold (days)
        where near.today + threshold.days >= near.expires_on
    ) as reached
    where
        near.expires_on >= near.today
        -- A tighter reminder than this one makes this one pointless, whenever the thresholds changed.
        and not exists (
            select
            from (
                select reminder.*
                from public.cert_expiry_reminders as reminder
                where reminder.mentor_id = near.mentor_id
                offset 0
            ) as sent
            where
                sent.certification_expiry_date = near.expires_on
                and sent.threshold_day <= reached.threshold_days
        )
$$;

comment on function private.due_certification_events is
'What an expiry run would do on that date, or, without one, on each organisation''s own today at that time. For our
functions only.';
revoke all on function private.due_certification_events from public, anon, authenticated, service_role;
