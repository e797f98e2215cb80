create or replace function private.finish_certification_run(
    run_id uuid,
    entries private.certification_entry[],
    note text
)
returns public.certification_expiry_runs
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_run public.certification_expiry_runs;
begin
    insert into private.certification_run_totals (run_id, organisation_id, transitioned, reminders_sent, failures)
    select
        finish_certification_run.run_id,
        entry.organisation_id,
        count(*) filter (where entry.event_type = 'status_transitioned'),
        count(*) filter (where entry.event_type = 'reminder_dispatched'),
        count(*) filter (where entry.event_type in ('transition_failed', 'reminder_failed'))
    from unnest(finish_certification_run.entries) as entry
    group by entry.organisation_id;

    perform private.raise_alert(
        'certification_failures',
        'warning',
        'The certification run could not handle some mentors. Its entries say why: see get_run_summary.',
        'certification_failures:' || total.organisation_id,
        total.organisation_id,
        jsonb_build_object('run_id', total.run_id, 'failures', total.failures)
    )
    from private.certification_run_totals as total
    where total.run_id = finish_certification_run.run_id and total.failures > 0;

    update public.certification_expiry_runs as run
    set
        status = 'succeeded',
        finished_at = clock_timestamp(),
        total_transitioned = total.transitioned,
        total_reminders_sent = total.reminders_sent,
        total_failures = total.failures,
        note = nullif(concat_ws(
            ' ',
            case
                when cardinality(finish_certification_run.entries) = 0
                    then 'Nothing to do: no certificate had expired and no reminder was due.'
            end,
            finish_certification_run.note
        ), '')
    from (
        select
            coalesce(sum(each.transitioned), 0) as transitioned,
            coalesce(sum(each.reminders_sent), 0) as reminders_sent,
            coalesce(sum(each.failures), 0) as failures
        from private.certification_run_totals as each
        where each.run_id = finish_certification_run.run_id
    ) as total
    where run.run_id = finish_certification_run.run_id
    returning run.* into v_run;
    return v_run;
end
$$;

comment on function private.finish_certification_run is
'Closes a run''s row in the ledger with its totals and note, and alerts to failures. For our functions only.';
revoke all on function private.finish_certification_run from public, anon, authenticated, service_role;
