create or replace function private.organisation_overview()
returns table (
    slug text,
    name text,
    mentors bigint,
    activities bigint,
    badges_awarded bigint,
    evaluations bigint
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        organisation.slug,
        organisation.name,
        (select count(*) from public.peer_mentors as mentor where mentor.organisation_id = organisation.id),
        coalesce(activity.activities, 0),
        (
            select count(*)
            from public.earned_badges as earned
            where earned.organisation_id = organisation.id and earned.revoked_at is null
        ),
        (
            select count(*)
            from public.badge_evaluation_logs as entry
            where entry.org_id = organisation.id and entry.triggered_at > clock_timestamp() - interval '30 days'
        )
    from public.organisations as organisation
    left join (
        select recent.organisation_id, count(*) as activities
        from public.activities as recent
        where
            recent.updated_at > clock_timestamp() - interval '30 days'
            and recent.created_at > clock_timestamp() - interval '30 days'
        group by recent.organisation_id
    ) as activity on activity.organisation_id = organisation.id
    order by organisation.slug
$$;

comment on function private.organisation_overview is
'What there is of each organisation: mentors and badges, and the activities registered and evaluations made in the last 30 days. Reads no
log from its beginning. For the runner.';
revoke all on function private.organisation_overview from public, anon, authenticated, service_role;
