-- Definer: a run's totals are of all organisations, and a coordinator gets those of their own.
create or replace function public.get_certification_runs(
    since timestamptz default null,
    page_limit int default 50,
    page_offset int default 0
)
returns setof public.certification_run
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_service boolean := private.is_service_call();
    v_organisation_ids uuid[] := array(select private.my_organisation_ids());
begin
    perform private.require_page(get_certification_runs.page_limit, get_certification_runs.page_offset);

    return query
    select
        run.run_id,
        run.as_of,
        run.is_local_today,
        run.status,
        run.started_at,
        run.finished_at,
        coalesce(total.transitioned, 0),
        coalesce(total.reminders_sent, 0),
        coalesce(total.failures, 0),
        run.note,
        count(*) over ()
    from public.certification_expiry_runs as run
    left join lateral (
        select
            sum(mine.transitioned)::bigint as transitioned,
            sum(mine.reminders_sent)::bigint as reminders_sent,
            sum(mine.failures)::bigint as failures
        from private.certification_run_totals as mine
        where mine.run_id = run.run_id and (v_is_service or mine.organisation_id = any (v_organisation_ids))
    ) as total on true
    where
        run.started_at >= coalesce(get_certification_runs.since, '-infinity')
        -- A run is of all organisations: whoever coordinates one sees each of them.
        and (v_is_service or cardinality(v_organisation_ids) > 0)
    order by run.started_at desc, run.run_id
    limit get_certification_runs.page_limit
    offset get_certification_runs.page_offset;
end
$$;

comment on function public.get_certification_runs is
'Lists expiry runs, newest first, with the caller''s own totals.
Runs that did nothing for the caller are there too, with zeros: a night without events is seen. total_count is the number
on all pages; a page beyond the end is empty. Callable by service_role, and by coordinators, who get the totals of their
own organisations. Error: 22023.';
revoke all on function public.get_certification_runs from public, anon, authenticated, service_role;
grant execute on function public.get_certification_runs to authenticated, service_role;
