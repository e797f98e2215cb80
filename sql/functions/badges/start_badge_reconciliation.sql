-- Definer: looks at mentors of every organisation.
create or replace function public.start_badge_reconciliation(
    since timestamptz default now() - interval '24 hours',
    suppress_notifications boolean default false
)
returns uuid
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id uuid;
begin
    if start_badge_reconciliation.since is null then
        raise exception using
            errcode = '22023',
            message = 'since must be a point in time.',
            hint = 'Leave it out for the last 24 hours, or give -infinity for all of history.';
    end if;

    insert into private.badge_reconciliations (since, suppress_notifications, activities_scanned)
    select
        start_badge_reconciliation.since,
        coalesce(start_badge_reconciliation.suppress_notifications, false),
        count(*)
    from public.activities as activity
    where activity.updated_at >= start_badge_reconciliation.since
    returning id into v_id;

    -- Beside the active ones come those who wait for a recount, and those whose tenure alone may have earned a badge: who has
    -- not reached another length since the last evaluation has not.
    -- Put together, and not asked of each mentor: of many activities that is a comparison of each with each.
    insert into private.badge_reconciliation_mentors (reconciliation_id, mentor_id)
    select v_id, activity.mentor_id
    from public.activities as activity
    where activity.updated_at >= start_badge_reconciliation.since
    union
    select v_id, measured.mentor_id
    from private.mentor_measures as measured
    where measured.catalogue_version is null
    union
    select v_id, mentor.id
    from public.peer_mentors as mentor
    where
        exists (
            select
            from private.badge_rules as rule
            where
                rule.organisation_id = mentor.organisation_id
                and rule.leaves @> '[{"metric": "tenure_days"}]'
                -- The mentor's few awards: joined with the rules, all awards of the badge would be read for each mentor.
                and rule.badge_definition_id <> all (array(
                    select earned.badge_definition_id
                    from public.earned_badges as earned
                    where earned.mentor_id = mentor.id
                ))
                and (
                    start_badge_reconciliation.since = '-infinity'
                    or not exists (
                        select
                        from private.mentor_measures as measured
                        where measured.mentor_id = mentor.id and measured.settled_until > now()
                    )
                )
        );

    update private.badge_reconciliations as reconciliation
    set mentors_total = (
            select count(*)
            from private.badge_reconciliation_mentors as waiting
            where waiting.reconciliation_id = v_id
        )
    where reconciliation.id = v_id;
    return v_id;
end
$$;

comment on function public.start_badge_reconciliation is
'Lists the mentors with an activity written since then, for continue_badge_reconciliation to look at in batches.
From -infinity on everybody is evaluated, also where nothing is wrong.
With suppress_notifications nobody is told of a badge. Returns the id of the reconciliation. Callable by service_role.
Error: 22023.';
revoke all on function public.start_badge_reconciliation from public, anon, authenticated, service_role;
grant execute on function public.start_badge_reconciliation to service_role;
