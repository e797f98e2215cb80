-- Ledgers of every shape: jobs for all together, for organisations, and for both; three time zones; nights that are missing, failed,
-- killed, made up for later, and asked for by somebody; organisations that came in between.
begin;
select plan(6);
select setseed(0.64);
insert into public.organisations (id, slug, name, time_zone, created_at)
select tests.id('organisation', slug), slug, slug, zone, '2026-02-20 12:00+00'::timestamptz
from (values ('oslo', 'Europe/Oslo'), ('auckland', 'Pacific/Auckland'), ('honolulu', 'Pacific/Honolulu')) as given (slug, zone);

create function pg_temp.make_ledger() returns void language plpgsql as $$
begin
    delete from public.job_runs;
    update public.organisations set created_at = '2026-02-20 12:00+00'::timestamptz + random() * interval '24 days';
    insert into public.job_runs (organisation_id, job, business_date, state, reason, first_started_at, started_at, finished_at)
    select
        unit.organisation_id,
        unit.job,
        night.on_date::date,
        run.state,
        case when run.state in ('skipped', 'failed') then 'why' end,
        run.at,
        run.at,
        case when run.state <> 'running' then run.at end
    from (
        select 'for_all' as job, null::uuid as organisation_id, 'Europe/Oslo' as zone, random() as share
        union all
        -- Some have no night at all.
        select job, organisation.id, organisation.time_zone, greatest(0, 1.3 * random() - 0.3)
        from public.organisations as organisation
        cross join unnest('{for_each, for_both}'::text[]) as job
        union all
        select 'for_both', null, 'Europe/Oslo', random()
    ) as unit
    cross join generate_series(timestamp '2026-02-25', '2026-03-08', '1 day') as night (on_date)
    cross join lateral (
        select
            -- Near midnight of their zone: on its own date, on one before (made up for) or after (asked for by somebody).
            (night.on_date + interval '1 hour' + (array[-1, 0, 0, 0, 0, 2])[1 + floor(random() * 6)::int] * interval '24 hours')
            at time zone unit.zone as at,
            (array['ran', 'ran', 'ran', 'caught_up', 'skipped', 'failed', 'running'])[1 + floor(random() * 7)::int] as state
        where night.on_date is not null
    ) as run
    where random() < unit.share;
end
$$;

-- Date by date, as the comment of find_missed_nights says it.
create function pg_temp.missed(as_of timestamptz, jobs text[]) returns table (
    business_date date, job text, organisation_id uuid, state text, reason text
) language sql as $$
    with unit as (
        select organisation.id, organisation.time_zone as zone, organisation.created_at from public.organisations as organisation
        union all select null, 'Europe/Oslo', null
    ),
    entry as (
        select run.*, (run.first_started_at at time zone unit.zone)::date as begun_on
        from public.job_runs as run
        inner join unit on unit.id is not distinct from run.organisation_id
        where missed.jobs is null or run.job = any (missed.jobs)
    ),
    kind as (select entry.job, bool_or(entry.organisation_id is not null) as has_organisations from entry group by entry.job)
    select night.on_date::date, kind.job, unit.id, entry.state, entry.reason
    from kind
    inner join unit on (unit.id is not null) = kind.has_organisations
    cross join generate_series(timestamp '2026-02-01', '2026-04-01', '1 day') as night (on_date)
    cross join lateral (
        -- The first night of the job that was begun on its own date.
        select min(each.business_date) as on_date
        from entry as each
        where each.job = kind.job and each.business_date = each.begun_on and (each.organisation_id is not null) = kind.has_organisations
    ) as first
    cross join lateral (
        -- The last one that was not asked for beforehand.
        select max(each.business_date) as on_date
        from entry as each
        where each.job = kind.job and each.business_date <= each.begun_on and each.organisation_id is not null
    ) as last
    left join entry
        on entry.job = kind.job and entry.organisation_id is not distinct from unit.id and entry.business_date = night.on_date::date
    where
        first.on_date is not null
        and night.on_date >= case
            when not kind.has_organisations then first.on_date
            when exists (
                select from entry as own where own.job = kind.job and own.organisation_id = unit.id and own.business_date >= first.on_date
            ) then (
                select min(own.business_date) from entry as own
                where own.job = kind.job and own.organisation_id = unit.id and own.business_date >= first.on_date
            )
            else greatest(last.on_date + 1, (unit.created_at at time zone unit.zone)::date + 1)
        end
        and night.on_date < (missed.as_of at time zone unit.zone)::date
        and (entry.id is null or entry.state in ('failed', 'running'))
$$;

create temporary table seen (ledger int, jobs text[], missed bigint, wrong bigint, unsorted bigint, miscounted bigint);
do $$
declare
    v_as_of timestamptz;
    v_jobs text[];
begin
    for v_ledger in 1..60 loop
        perform pg_temp.make_ledger();
        -- About midnight of one zone or another, some days after the last night of the ledger or within it.
        v_as_of := '2026-03-05 00:00+00'::timestamptz + floor(random() * 240) * interval '1 hour';
        v_jobs := case when v_ledger % 3 = 0 then '{for_all, for_both}'::text[] end;
        insert into seen
        with found as (
            select night.*, row_number() over () as place from public.find_missed_nights(v_as_of, v_jobs) as night
        ),
        expected as (select * from pg_temp.missed(v_as_of, v_jobs))
        select
            v_ledger,
            v_jobs,
            (select count(*) from expected),
            (
                select count(*)
                from (
                    (select business_date, job, organisation_id, state, reason from found except all select * from expected)
                    union all
                    (select * from expected except all select business_date, job, organisation_id, state, reason from found)
                ) as difference
            ),
            (
                select count(*)
                from (select found.*, row_number() over (order by business_date, job, organisation_id) as right_place from found) as sorted
                where sorted.place <> sorted.right_place
            ),
            (select count(*) from found where total_count <> (select count(*) from expected));
    end loop;
end
$$;
select is((select array_agg(ledger) from seen where wrong > 0), null, 'what is found is what is missing');
select is((select sum(unsorted) from seen), 0::numeric, 'the oldest first');
select is((select sum(miscounted) from seen), 0::numeric, 'each row says how many there are');
select cmp_ok((select count(*) from seen where missed > 0), '>', 40::bigint, 'most of these ledgers miss something');

delete from public.job_runs;
insert into public.job_runs (job, business_date, state, first_started_at, started_at, finished_at)
select 'for_all', '2026-03-01', 'ran', at, at, at from (select '2026-03-03 03:00+01'::timestamptz as at) as clock;
select is_empty(
    $$ select from public.find_missed_nights('2026-03-10 12:00+01') $$, 'a date that somebody asked for makes no night expected'
);
update public.job_runs set state = 'failed', reason = 'why', first_started_at = '2026-03-01 03:00+01';
select results_eq(
    $$ select business_date, state, total_count from public.find_missed_nights('2026-03-02 03:00+01') $$,
    $$ values (date '2026-03-01', 'failed', 1::bigint) $$,
    'where every night failed, every night is missing'
);
select * from finish();
rollback;
