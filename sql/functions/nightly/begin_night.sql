-- A lock of the session, for the night is many transactions: it goes when the session does, however that ends.
create or replace function private.begin_night(
    jobs text[] default null,
    as_of timestamptz default clock_timestamp()
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_first date;
    v_nights int;
begin
    if not pg_try_advisory_lock(hashtextextended('peerledger nightly', 0)) then
        raise exception using
            errcode = 'PL004',
            message = 'The nightly work is already running.',
            hint = 'Wait until it has ended. A killed one ends when the server notices that its connection is gone.';
    end if;

    select min(missed.business_date), count(distinct missed.business_date)
    into v_first, v_nights
    from public.find_missed_nights(begin_night.as_of, begin_night.jobs) as missed;
    if v_nights > 0 then
        perform private.raise_alert(
            'night_without_run',
            'warning',
            format(
                'The nightly work of %s nights since %s is not complete. It is being caught up now; see '
                'find_missed_nights for what remains.', v_nights, v_first
            ),
            'night_without_run:' || v_first,
            null,
            jsonb_build_object('first_missed_on', v_first, 'nights', v_nights)
        );
    end if;
end
$$;

comment on function private.begin_night is
'Takes the lock of the nightly work for this session, until end_night or its end, and alerts of nights in which
one of these jobs (null: any) is not complete. Error: PL004 when another session has it. For the runner.';
revoke all on function private.begin_night from public, anon, authenticated, service_role;
