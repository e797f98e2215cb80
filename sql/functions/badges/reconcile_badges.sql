-- Definer: evaluates mentors of every organisation.
create or replace function public.reconcile_badges(
    since timestamptz default now() - interval '24 hours',
    suppress_notifications boolean default false
)
returns table (
    activities_scanned bigint,
    mentors_missing bigint,
    badges_awarded bigint,
    award_ratio numeric,
    alert boolean
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mentor private.touched_mentor;
    v_awards int;
    v_awarded_since bigint;
begin
    if reconcile_badges.since is null then
        raise exception using
            errcode = '22023',
            message = 'since must be a point in time.',
            hint = 'Leave it out for the last 24 hours, or give -infinity for all of history.';
    end if;
    activities_scanned := (
        select count(*) from public.activities as activity where activity.updated_at >= reconcile_badges.since
    );
    mentors_missing := 0;
    badges_awarded := 0;

    -- One mentor at a time, so that it counts how many had missed something; in id order, as every
    -- evaluation locks. Beside the active ones come those whose tenure alone may have earned a badge.
    for v_mentor in
        select mentor.id, mentor.organisation_id, coalesce(recent.activity_ids, '{}')
        from public.peer_mentors as mentor
        left join (
            select activity.mentor_id, array_agg(activity.id) as activity_ids
            from public.activities as activity
            where activity.updated_at >= reconcile_badges.since
            group by activity.mentor_id
        ) as recent on recent.mentor_id = mentor.id
        where
            recent.mentor_id is not null
            or exists (
                select
                from private.mentor_measures as measured
                where measured.mentor_id = mentor.id and measured.catalogue_version is null
            )
            or exists (
                select
                from private.badge_rules as rule
                cross join lateral jsonb_to_recordset(rule.leaves) as leaf (metric text)
                where
                    rule.organisation_id = mentor.organisation_id
                    and leaf.metric = 'tenure_days'
                    and not exists (
                        select
                        from public.earned_badges as earned
                        where earned.mentor_id = mentor.id and earned.badge_definition_id = rule.badge_definition_id
                    )
            )
        order by mentor.id
    loop
        v_awards := private.evaluate_activities(
            array[v_mentor], null, 'reconciliation', not reconcile_badges.suppress_notifications
        );
        mentors_missing := mentors_missing + (v_awards > 0)::int;
        badges_awarded := badges_awarded + v_awards;
    end loop;

    select count(*)
    into v_awarded_since
    from public.earned_badges as earned
    where earned.earned_at >= reconcile_badges.since;

    award_ratio := round(coalesce(badges_awarded::numeric / nullif(v_awarded_since, 0), 0), 4);
    alert := award_ratio > 0.05;
    if alert then
        perform private.raise_alert(
            'reconciliation_over_5_percent',
            'warning',
            format(
                'Reconciliation awarded %s of the %s badges since %s: the evaluation on insert missed them. '
                'Was it switched off?',
                badges_awarded, v_awarded_since, to_char(reconcile_badges.since at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"')
            ),
            'reconciliation_over_5_percent'
        );
    end if;
    return next;
end
$$;

comment on function public.reconcile_badges is
'Evaluates every mentor with an activity written since then, and awards what was missed. award_ratio is the share (0
to 1) of the badges awarded since then that this call had to award; above 0.05 it alerts. With suppress_notifications
nobody is told. Callable by service_role. Error: 22023.';
revoke all on function public.reconcile_badges from public, anon, authenticated, service_role;
grant execute on function public.reconcile_badges to service_role;
