create or replace function private.notify_dispute_settled(
    dispute public.proxy_disputes
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    insert into public.notifications (organisation_id, recipient_mentor_id, kind, payload, dedupe_key)
    select
        mentor.organisation_id,
        mentor.id,
        'proxy_disputed',
        jsonb_build_object(
            'dispute_id', (notify_dispute_settled.dispute).id,
            'activity_id', (notify_dispute_settled.dispute).activity_id,
            'outcome', (notify_dispute_settled.dispute).outcome,
            'resolved_on', private.business_date(mentor.organisation_id, (notify_dispute_settled.dispute).resolved_at)
        ),
        'proxy_disputed:' || (notify_dispute_settled.dispute).id || ':mentor'
    from public.peer_mentors as mentor
    where mentor.id = (notify_dispute_settled.dispute).mentor_id and private.has_address(mentor)
    on conflict (dedupe_key) do nothing
$$;

comment on function private.notify_dispute_settled is
'Tells the mentor how their dispute was settled. For our functions only.';
revoke all on function private.notify_dispute_settled from public, anon, authenticated, service_role;
