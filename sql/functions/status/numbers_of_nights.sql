create or replace function private.numbers_of_nights(
    at timestamptz,
    organisation_id uuid
)
returns table (
    name text,
    value jsonb
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with night as materialized (
        select
            case
                when numbers_of_nights.organisation_id is null
                    then private.last_good_night(
                        array(select step.job from private.night_steps() as step), numbers_of_nights.at
                    )
                -- By its own rows: what became of others is not its business.
                else (
                    select max(good.business_date)
                    from (
                        select run.business_date
                        from public.job_runs as run
                        where run.organisation_id = numbers_of_nights.organisation_id
                        group by run.business_date
                        having bool_and(run.state in ('ran', 'caught_up', 'skipped'))
                    ) as good
                )
            end as good_on
    )
    select 'last_good_night', to_jsonb(night.good_on)
    from night
    union all
    select
        'last_good_night_seconds',
        to_jsonb((
            select extract(epoch from clock_timestamp() - max(run.finished_at))
            from public.job_runs as run
            where
                run.business_date = night.good_on
                and (numbers_of_nights.organisation_id is null or run.organisation_id = numbers_of_nights.organisation_id)
        ))
    from night
    union all
    select 'night_in_progress', to_jsonb(private.is_night_in_progress())
    union all
    select 'missed_nights', to_jsonb(count(distinct missed.business_date))
    from public.find_missed_nights(numbers_of_nights.at, array(select step.job from private.night_steps() as step)) as missed
    where numbers_of_nights.organisation_id is null or missed.organisation_id = numbers_of_nights.organisation_id
$$;

comment on function private.numbers_of_nights is
'The last good night, for how long it has been over, and how many are not accounted for. For private.status_numbers only.';
revoke all on function private.numbers_of_nights from public, anon, authenticated, service_role;
