-- A run takes up all that is due, so that the next one makes up for a night that had none.
create or replace function private.report_nights(
    org_id uuid,
    from_date date,
    to_date date,
    time_zone text
)
returns table (
    night_on date,
    state text,
    crashed bigint,
    made_up_on date,
    transitioned bigint,
    reminders_sent bigint,
    failures bigint
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with runs as (
        select
            run.run_id, run.status, began.on_day,
            case when run.is_local_today then began.on_day else run.as_of end as night_on
        from public.certification_expiry_runs as run
        cross join lateral (select (run.started_at at time zone report_nights.time_zone)::date as on_day) as began
    ),
    known as (
        select
            -- Null before the first run of its own date: nothing was promised yet. As find_missed_nights has it.
            (select min(runs.night_on) from runs where runs.on_day <= runs.night_on) as began_on,
            (organisation.created_at at time zone report_nights.time_zone)::date as joined_on,
            (clock_timestamp() at time zone report_nights.time_zone)::date as today
        from public.organisations as organisation
        where organisation.id = report_nights.org_id
    ),
    bounds as (
        select
            case when known.began_on is not null then greatest(known.began_on, known.joined_on) end as first_on,
            known.joined_on,
            known.today
        from known
    )
    select
        night.night_on,
        case
            when done.in_time then 'ran'
            when night.night_on >= bounds.today then 'to_come'
            when done.made_up_on is not null then 'made_up'
            when coalesce(night.night_on < bounds.first_on, true) then 'not_expected'
            else 'missed'
        end,
        done.crashed,
        case when not done.in_time and night.night_on < bounds.today then done.made_up_on end,
        total.transitioned,
        total.reminders_sent,
        total.failures
    from bounds
    cross join lateral (
        select generate_series(report_nights.from_date::timestamp, report_nights.to_date::timestamp, '1 day')::date as night_on
    ) as night
    cross join lateral (
        select
            coalesce(
                bool_or(runs.night_on = night.night_on and runs.on_day <= night.night_on)
                filter (where runs.status = 'succeeded'), false
            ) as in_time,
            min(runs.on_day) filter (
                where
                    runs.status = 'succeeded'
                    and runs.on_day >= night.night_on
                    -- One that was asked for counts before nights were expected as well.
                    and (night.night_on >= bounds.first_on or (runs.night_on = night.night_on and night.night_on >= bounds.joined_on))
            ) as made_up_on,
            count(*) filter (where runs.status = 'crashed' and runs.night_on = night.night_on) as crashed
        from runs
        where runs.night_on >= night.night_on
    ) as done
    cross join lateral (
        select
            coalesce(sum(each.transitioned), 0) as transitioned,
            coalesce(sum(each.reminders_sent), 0) as reminders_sent,
            coalesce(sum(each.failures), 0) as failures
        from runs
        inner join private.certification_run_totals as each
            on each.run_id = runs.run_id and each.organisation_id = report_nights.org_id
        where runs.night_on = night.night_on
    ) as total
    order by night.night_on
$$;

comment on function private.report_nights is
'What became of each night of a period: ran, made_up (by a later run), missed, to_come, or not_expected (before the
first run of its own date or before the organisation was added); and what the runs for it did for the organisation. For our functions only.';
revoke all on function private.report_nights from public, anon, authenticated, service_role;
