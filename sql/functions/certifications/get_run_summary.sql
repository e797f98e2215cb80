-- Definer: a run's totals are of all organisations, and a coordinator gets those of their own.
create or replace function public.get_run_summary(
    run_id uuid,
    page_limit int default 50,
    page_offset int default 0
)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_service boolean := private.is_service_call();
    v_organisation_ids uuid[] := array(select private.my_organisation_ids());
    v_run public.certification_expiry_runs;
    v_totals record;
    v_count bigint;
    v_entries jsonb;
begin
    perform private.require_page(get_run_summary.page_limit, get_run_summary.page_offset);

    select run.*
    into v_run
    from public.certification_expiry_runs as run
    where
        run.run_id = get_run_summary.run_id
        and (v_is_service or cardinality(v_organisation_ids) > 0);
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no run %s that you can see.', coalesce(get_run_summary.run_id::text, 'null')),
            hint = 'Check the id, and that you are signed in as a coordinator.';
    end if;

    select
        count(*),
        count(*) filter (where entry.event_type = 'status_transitioned') as transitioned,
        count(*) filter (where entry.event_type = 'reminder_dispatched') as reminders_sent,
        count(*) filter (where entry.event_type in ('transition_failed', 'reminder_failed')) as failures
    into v_totals
    from public.certification_expiry_audit_log as entry
    where entry.run_id = v_run.run_id and (v_is_service or entry.organisation_id = any (v_organisation_ids));
    v_count := v_totals.count;

    -- A run's entries are there all or none, since one insert writes them; none can mean that it failed.
    if v_count = 0 then
        select
            coalesce(sum(total.transitioned), 0) as transitioned,
            coalesce(sum(total.reminders_sent), 0) as reminders_sent,
            coalesce(sum(total.failures), 0) as failures
        into v_totals
        from private.certification_run_totals as total
        where total.run_id = v_run.run_id and total.organisation_id = any (v_organisation_ids);
    end if;

    select coalesce(jsonb_agg(to_jsonb(page) order by page."timestamp", page.id), '[]')
    into v_entries
    from (
        select
            entry.id, entry.run_id, entry.mentor_id, entry.certification_id, entry.event_type, entry.old_status,
            entry.new_status, entry.threshold_days, entry."timestamp", entry.error_message, entry.organisation_id
        from public.certification_expiry_audit_log as entry
        where entry.run_id = v_run.run_id and (v_is_service or entry.organisation_id = any (v_organisation_ids))
        order by entry."timestamp", entry.id
        limit get_run_summary.page_limit
        offset get_run_summary.page_offset
    ) as page;

    return jsonb_build_object(
        'run_id', v_run.run_id,
        'as_of', v_run.as_of,
        'status', v_run.status,
        'started_at', v_run.started_at,
        'finished_at', v_run.finished_at,
        'total_transitioned', case when v_is_service then v_run.total_transitioned else v_totals.transitioned end,
        'total_reminders_sent', case when v_is_service then v_run.total_reminders_sent else v_totals.reminders_sent end,
        'total_failures', case when v_is_service then v_run.total_failures else v_totals.failures end,
        'note', v_run.note,
        'entry_count', v_count,
        'entries', v_entries
    );
end
$$;

comment on function public.get_run_summary is
'Returns a run and one page of its entries, oldest first.
entry_count is the number on all pages, and a page beyond the end is empty. Callable by service_role, and by
coordinators, who get the entries and totals of their own organisations. Errors: PT404, 22023.';
revoke all on function public.get_run_summary from public, anon, authenticated, service_role;
grant execute on function public.get_run_summary to authenticated, service_role;
