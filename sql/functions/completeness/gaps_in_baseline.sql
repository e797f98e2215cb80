create or replace function private.gaps_in_baseline()
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
    with held as (
        select
            count(*) as activities,
            sha256(coalesce(string_agg(baseline.record_sha256, ''::bytea order by baseline.activity_id), ''::bytea)) as records_sha256
        from private.activity_baseline as baseline
    )
    select 'baseline_changed', 'security_events', null::uuid, format('%s activities', held.activities), null
    from held
    left join private.completeness_began() as began on true
    where
        (began.activities, began.records_sha256) is distinct from (held.activities, held.records_sha256)
        or (
            private.archived_until('security_events') = '-infinity'
            and not exists (
                select
                from public.security_events as event
                where
                    event.event_kind = 'completeness_began'
                    and event.details ->> 'records_sha256' = encode(held.records_sha256, 'hex')
                    and abs(extract(epoch from event.occurred_at - began.began_at)) < 60
            )
        )
$$;

comment on function private.gaps_in_baseline is
'Whether what is known of the time before the logs were complete is still what the entry completeness_began says. For
private.find_incomplete_logs.';
revoke all on function private.gaps_in_baseline from public, anon, authenticated, service_role;
