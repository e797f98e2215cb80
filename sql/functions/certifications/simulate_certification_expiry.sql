-- Definer: the functions that decide are closed to callers, who get their own organisations' part.
create or replace function public.simulate_certification_expiry(
    as_of date default null,
    page_limit int default 1000,
    page_offset int default 0
)
returns setof public.simulated_certification_event
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.require_plausible_date(simulate_certification_expiry.as_of);
    perform private.require_page(simulate_certification_expiry.page_limit, simulate_certification_expiry.page_offset);
    return query
    select
        due.organisation_id,
        due.mentor_id,
        due.certification_id,
        due.expires_on,
        due.event_type,
        case when due.event_type = 'status_transitioned' then 'active'::public.mentor_status end,
        case when due.event_type = 'status_transitioned' then 'expired_cert'::public.mentor_status end,
        due.threshold_days,
        count(*) over ()
    from private.due_certification_events(simulate_certification_expiry.as_of, statement_timestamp()) as due
    where private.is_service_call() or due.organisation_id in (select private.my_organisation_ids())
    order by due.organisation_id, due.event_type, due.expires_on, due.mentor_id
    limit simulate_certification_expiry.page_limit
    offset simulate_certification_expiry.page_offset;
end
$$;

comment on function public.simulate_certification_expiry is
'Shows what run_certification_expiry would do on a date, and writes nothing.
A row for each mentor it would do something for; total_count is the number on all pages. Callable by coordinators, who
get their organisations'' mentors, and service_role. Error: 22023.';
revoke all on function public.simulate_certification_expiry from public, anon, authenticated, service_role;
grant execute on function public.simulate_certification_expiry to authenticated, service_role;
