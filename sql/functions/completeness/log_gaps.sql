-- What an erased entry spoke of is known: the entry that says so names it, and the case.
create or replace function private.log_gaps(
    since timestamptz
)
returns table (
    "check" text,
    log_name text,
    subject_id uuid,
    detail text,
    hole text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with erased as (
        select distinct missed.log_name, subject.id::uuid as subject_id
        from public.security_events as event
        cross join jsonb_array_elements_text(event.details -> 'subject_ids') as subject (id)
        -- And where else what it said is missed.
        cross join lateral (
            select event.table_name
            union all
            select beside.log_name
            from (
                values
                ('activity_changes', 'badge_evaluation_logs'),
                ('badge_evaluation_logs', 'activity_changes'),
                ('badge_evaluation_logs', 'administrative_changes'),
                ('certification_expiry_audit_log', 'mentor_status_changes')
            ) as beside (table_name, log_name)
            where beside.table_name = event.table_name
        ) as missed (log_name)
        where event.event_kind = 'entry_erased' and jsonb_typeof(event.details -> 'subject_ids') = 'array'
    )
    select
        gap."check", gap.log_name, gap.subject_id, gap.detail,
        coalesce(gap.hole, case when erased.subject_id is not null then 'erased' end)
    from (
        select * from private.gaps_in_activities(log_gaps.since)
        union all
        select * from private.gaps_in_administration()
        union all
        select * from private.gaps_in_statuses()
        union all
        select * from private.gaps_in_certification_runs()
        union all
        select * from private.gaps_in_website_sync()
        union all
        select * from private.gaps_in_legal_holds()
        union all
        select * from private.gaps_in_disputes_and_grants()
        union all
        select * from private.gaps_in_baseline()
    ) as gap
    left join erased on erased.subject_id = gap.subject_id and erased.log_name = gap.log_name
$$;

comment on function private.log_gaps is
'Every change without its entry and every entry without its change; hole: why that is lawful (archived, erased, older than the
log, could not be written), null for a finding. For private.find_incomplete_logs and private.check_completeness.';
revoke all on function private.log_gaps from public, anon, authenticated, service_role;
