-- A lock of the session, for the night is many transactions: it goes when the session does, however that ends.
create or replace function private.begin_night(
    jobs text[] default null,
    as_of timestamptz default clock_timestamp(),
    caller_time timestamptz default null
)
returns timestamptz
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_first date;
    v_nights int;
    v_jobs text[] := coalesce(begin_night.jobs, array(select step.job from private.night_steps() as step));
begin
    -- The database's clock decides which night it is. A runner that would disagree is broken in other ways, too.
    if abs(extract(epoch from begin_night.caller_time - clock_timestamp())) > 60 then
        raise exception using
            errcode = '22023',
            message = format(
                'The clock of the runner differs from the database''s by %s seconds; no night is run.',
                round(abs(extract(epoch from begin_night.caller_time - clock_timestamp())))
            ),
            hint = 'Set the clocks of both by NTP, then run it again.';
    end if;

    if begin_night.caller_time is not null then
        update public.ops_alerts as alert
        set acknowledged_at = clock_timestamp()
        where alert.dedupe_key = 'clock_differs' and alert.acknowledged_at is null;
    end if;

    if not pg_try_advisory_lock(hashtextextended('peerledger nightly', 0)) then
        raise exception using
            errcode = 'PL004',
            message = 'Another nightly run is in progress.',
            hint = 'Wait for it to finish. A killed one ends when the server notices that its connection is gone.';
    end if;

    select min(missed.business_date), count(distinct missed.business_date)
    into v_first, v_nights
    from public.find_missed_nights(begin_night.as_of, v_jobs) as missed;
    if v_nights > 0 then
        perform private.raise_alert(
            'night_without_run',
            'warning',
            format(
                'The nightly jobs of %s nights since %s are not complete. They are being caught up now; see '
                'find_missed_nights for what remains.', v_nights, v_first
            ),
            'night_without_run:' || v_first,
            null,
            jsonb_build_object('first_missed_on', v_first, 'nights', v_nights)
        );
    end if;
    return begin_night.as_of;
end
$$;

comment on function private.begin_night is
'Takes the lock of the nightly run for this session, until end_night or its end, and alerts of nights in which one of these
jobs (null: any step) is not complete. Returns the time that the night goes by, for the functions that follow. Errors: PL004
when another session has it; 22023 when caller_time is more than a minute off the database''s clock; one that is not closes
the alert clock_differs. For the runner.';
revoke all on function private.begin_night from public, anon, authenticated, service_role;
