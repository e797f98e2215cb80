-- Definer: may ask for the range, which says whether the caller sees the organisation at all.
create or replace function public.get_hlf_sync_audit_summary(
    org_id uuid,
    from_date date,
    to_date date
)
returns setof public.hlf_sync_audit_summary
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_range constant tstzrange := private.visible_day_range(
        get_hlf_sync_audit_summary.org_id, get_hlf_sync_audit_summary.from_date, get_hlf_sync_audit_summary.to_date
    );
begin
    if v_range is null then
        return;
    end if;
    return query
    select
        known.outcome,
        count(entry.id),
        count(distinct entry.mentor_id),
        min(entry.created_at),
        max(entry.created_at)
    from (values (1, 'success'), (2, 'failure'), (3, 'dead_lettered')) as known (position, outcome)
    left join public.hlf_sync_audit_log as entry
        on
            entry.outcome = known.outcome
            and entry.organisation_id = get_hlf_sync_audit_summary.org_id
            and entry.created_at >= lower(v_range)
            and entry.created_at < upper(v_range)
    group by known.position, known.outcome
    order by known.position;
end
$$;

comment on function public.get_hlf_sync_audit_summary is
'Counts an organisation''s attempts by outcome, from one day through another.
Days are those of its time zone. One row for each of success, failure and dead_lettered, zeros included. No rows for
who may not see the organisation''s log. Callable by coordinators and service_role. Error: 22023 when from_date is
after to_date.';
revoke all on function public.get_hlf_sync_audit_summary from public, anon, authenticated, service_role;
grant execute on function public.get_hlf_sync_audit_summary to authenticated, service_role;
