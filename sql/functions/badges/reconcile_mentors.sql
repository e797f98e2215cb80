-- Mentors of one organisation are looked at without a lock. Of those that are right nothing is written, unless everybody is to be
-- evaluated. Who has something missing or wrong is locked, recomputed from the activities, and evaluated. So a reconciliation in
-- one transaction, which keeps its locks to the end, keeps none of those for whom it had nothing to do.
create or replace function private.reconcile_mentors(
    touched private.touched_mentor[],
    notify boolean,
    everybody boolean,
    out badges_awarded int,
    out mentors_missing int,
    out mentors_evaluated int,
    out badges_by_time int
)
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    v_started timestamptz := clock_timestamp();
    v_mentor_ids uuid[] := array(select mentor.mentor_id from unnest(reconcile_mentors.touched) as mentor);
    v_outcomes private.badge_outcome[] := array(select outcome from private.badge_outcomes(v_mentor_ids) as outcome);
    v_right private.badge_outcome[];
    v_wrong_ids uuid[];
begin
    v_wrong_ids := array(
        select different.mentor_id
        from private.badge_differences(v_mentor_ids) as different
        union
        select outcome.mentor_id
        from unnest(v_outcomes) as outcome
        where outcome.badges_due is not null or outcome.badges_broken is not null
        union
        -- Never evaluated, waiting for it, of an older catalogue, or of another length of service than when it was cached.
        select touched.mentor_id
        from unnest(reconcile_mentors.touched) as touched
        left join private.mentor_measures as mentor on mentor.mentor_id = touched.mentor_id
        left join private.badge_catalogues as catalogue on catalogue.organisation_id = touched.organisation_id
        where
            mentor.catalogue_version is distinct from coalesce(catalogue.version, 0)
            or (
                coalesce(mentor.settled_until, '-infinity') <= now()
                and touched.mentor_id in (select outcome.mentor_id from unnest(v_outcomes) as outcome)
            )
        union
        -- What was written and no evaluation that succeeded names. Where badges are switched off there are no outcomes, and none is
        -- asked for. Each activity and each entry is read once: a mentor may have many thousands of both.
        (
            with written as materialized (
                select touched.mentor_id, activity.id as activity_id, activity.updated_at
                from unnest(reconcile_mentors.touched) as touched
                cross join lateral unnest(touched.activity_ids) as listed (activity_id)
                inner join public.activities as activity on activity.id = listed.activity_id
                where touched.mentor_id in (select outcome.mentor_id from unnest(v_outcomes) as outcome)
            ),
            named as (
                select entry.peer_mentor_id as mentor_id, listed.activity_id, max(entry.triggered_at) as named_at
                from public.badge_evaluation_logs as entry
                cross join lateral unnest(entry.activity_ids) as listed (activity_id)
                where
                    entry.peer_mentor_id = any (array(select distinct written.mentor_id from written))
                    and entry.triggered_at >= (select min(written.updated_at) from written)
                    and entry.error_message is null
                group by entry.peer_mentor_id, listed.activity_id
            )
            select written.mentor_id
            from written
            left join named on named.mentor_id = written.mentor_id and named.activity_id = written.activity_id
            where named.named_at is null or named.named_at < written.updated_at
        )
    );

    v_right := array(
        select outcome
        from unnest(v_outcomes) as outcome
        where reconcile_mentors.everybody and outcome.mentor_id <> all (v_wrong_ids)
    );
    -- Where badges are switched off rollups are put right, and nobody is evaluated.
    mentors_evaluated := cardinality(v_right) + (
        select count(*)
        from unnest(reconcile_mentors.touched) as touched
        where
            touched.mentor_id = any (v_wrong_ids)
            and not exists (
                select
                from public.organisation_settings as setting
                where setting.organisation_id = touched.organisation_id and not setting.badges_enabled
            )
    );
    if cardinality(v_right) > 0 then
        perform private.log_badge_evaluations(
            array(
                select mentor
                from unnest(reconcile_mentors.touched) as mentor
                where mentor.mentor_id in (select outcome.mentor_id from unnest(v_right) as outcome)
            ),
            v_right, null, v_started, 'reconciliation'
        );
    end if;
    if cardinality(v_wrong_ids) = 0 then
        badges_awarded := 0;
        mentors_missing := 0;
        badges_by_time := 0;
        return;
    end if;
    v_wrong_ids := array(select wrong.mentor_id from unnest(v_wrong_ids) as wrong (mentor_id) order by wrong.mentor_id);
    perform private.lock_mentor_measures(v_wrong_ids);
    -- Whatever the triggers kept is what is in question here.
    perform private.distrust_stale_rollups(v_wrong_ids);
    perform private.rebuild_measures(array(
        select mentor.mentor_id
        from private.mentor_measures as mentor
        where mentor.mentor_id = any (v_wrong_ids) and mentor.catalogue_version is not null
    ));
    v_started := clock_timestamp();
    badges_awarded := private.evaluate_activities(
        array(
            select mentor
            from unnest(reconcile_mentors.touched) as mentor
            where mentor.mentor_id = any (v_wrong_ids)
            order by mentor.mentor_id
        ),
        null, 'reconciliation', reconcile_mentors.notify
    );
    -- They are locked: nobody else has awarded them anything meanwhile.
    select
        count(distinct awarded.mentor_id),
        count(*) filter (where awarded.by_tenure or (awarded.by_badge and not awarded.is_beside_missed))
    into mentors_missing, badges_by_time
    from (
        select
            earned.mentor_id,
            brought.by_badge,
            brought.by_tenure,
            -- One that followed from another has its day, and was missed with it.
            bool_or(not brought.by_badge and not brought.by_tenure) over (
                partition by earned.mentor_id, earned.qualified_on
            ) as is_beside_missed
        from public.earned_badges as earned
        cross join lateral (
            -- What was met last is a length of service, or a badge that followed from one.
            select
                coalesce(bool_and(leaf.metric = 'badge_earned'), false) as by_badge,
                coalesce(
                    bool_and(leaf.metric in ('tenure_days', 'badge_earned')) and bool_or(leaf.metric = 'tenure_days'), false
                ) as by_tenure
            from jsonb_to_recordset(earned.evidence) as leaf (metric text, met_on date)
            where leaf.met_on = earned.qualified_on
        ) as brought
        where earned.mentor_id = any (v_wrong_ids) and earned.earned_at >= v_started
    ) as awarded;
end
$$;

comment on function private.reconcile_mentors is
'Compares mentors with their activities, and evaluates and logs those of whom something is missing or wrong, or everybody; returns how many
badges it awarded to how many, how many it evaluated, and how many of the badges time alone had brought. Error: 57014, see private.check_time_budget. For our functions only.';
revoke all on function private.reconcile_mentors from public, anon, authenticated, service_role;
