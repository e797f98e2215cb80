-- Definer: evaluates mentors of every organisation.
create or replace function public.continue_badge_reconciliation(
    reconciliation_id uuid,
    batch_size int default 500
)
returns table (
    mentors_total bigint,
    mentors_done bigint,
    activities_scanned bigint,
    mentors_missing bigint,
    badges_awarded bigint,
    is_finished boolean
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_reconciliation private.badge_reconciliations;
    v_organisation_id uuid;
    v_mentor_ids uuid[];
    v_touched private.touched_mentor[];
    v_started timestamptz;
begin
    perform private.require_between('batch_size', continue_badge_reconciliation.batch_size, 1, 100000);
    select reconciliation.*
    into v_reconciliation
    from private.badge_reconciliations as reconciliation
    where reconciliation.id = continue_badge_reconciliation.reconciliation_id
    for update;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no reconciliation %s.', continue_badge_reconciliation.reconciliation_id),
            hint = 'start_badge_reconciliation returns the id.';
    end if;

    select mentor.organisation_id
    into v_organisation_id
    from private.badge_reconciliation_mentors as waiting
    inner join public.peer_mentors as mentor on mentor.id = waiting.mentor_id
    where waiting.reconciliation_id = v_reconciliation.id
    order by mentor.organisation_id
    limit 1;

    with batch as (
        delete from private.badge_reconciliation_mentors as waiting
        where
            waiting.reconciliation_id = v_reconciliation.id
            -- An array, found first: a sub-select would be joined by a plan made when the queue was empty.
            and waiting.mentor_id = any (array(
                select chosen.mentor_id
                from private.badge_reconciliation_mentors as chosen
                inner join public.peer_mentors as mentor on mentor.id = chosen.mentor_id
                where chosen.reconciliation_id = v_reconciliation.id and mentor.organisation_id = v_organisation_id
                order by chosen.mentor_id
                limit continue_badge_reconciliation.batch_size
            ))
        returning waiting.mentor_id
    )
    select
        array_agg(mentor.id order by mentor.id),
        array_agg(
            row(
                mentor.id,
                mentor.organisation_id,
                -- Over all of history no activity in particular made it look.
                array(
                    select activity.id
                    from public.activities as activity
                    where
                        activity.mentor_id = mentor.id
                        and activity.updated_at >= v_reconciliation.since
                        and v_reconciliation.since > '-infinity'
                )
            )::private.touched_mentor
            order by mentor.id
        )
    into v_mentor_ids, v_touched
    from batch
    inner join public.peer_mentors as mentor on mentor.id = batch.mentor_id;

    if v_mentor_ids is not null then
        perform private.lock_mentor_measures(v_mentor_ids);
        -- Whatever the triggers kept is what is in question here.
        perform private.distrust_stale_rollups(v_mentor_ids);
        perform private.rebuild_measures(array(
            select mentor.mentor_id
            from private.mentor_measures as mentor
            where mentor.mentor_id = any (v_mentor_ids) and mentor.catalogue_version is not null
        ));

        v_started := clock_timestamp();
        v_reconciliation.badges_awarded := v_reconciliation.badges_awarded + private.evaluate_activities(
            v_touched, null, 'reconciliation', not v_reconciliation.suppress_notifications
        );
        v_reconciliation.mentors_missing := v_reconciliation.mentors_missing + (
            -- They are locked: nobody else has awarded them anything meanwhile.
            select count(distinct earned.mentor_id)
            from public.earned_badges as earned
            where earned.mentor_id = any (v_mentor_ids) and earned.earned_at >= v_started
        );
        v_reconciliation.mentors_done := v_reconciliation.mentors_done + cardinality(v_mentor_ids);
    end if;

    if v_reconciliation.finished_at is null and not exists (
        select
        from private.badge_reconciliation_mentors as waiting
        where waiting.reconciliation_id = v_reconciliation.id
    ) then
        v_reconciliation.finished_at := clock_timestamp();
        perform private.alert_if_many_were_missed(v_reconciliation);
    end if;

    update private.badge_reconciliations as reconciliation
    set
        badges_awarded = v_reconciliation.badges_awarded,
        mentors_missing = v_reconciliation.mentors_missing,
        mentors_done = v_reconciliation.mentors_done,
        finished_at = v_reconciliation.finished_at
    where reconciliation.id = v_reconciliation.id;

    return query
    select
        v_reconciliation.mentors_total,
        v_reconciliation.mentors_done,
        v_reconciliation.activities_scanned,
        v_reconciliation.mentors_missing,
        v_reconciliation.badges_awarded,
        v_reconciliation.finished_at is not null;
end
$$;

comment on function public.continue_badge_reconciliation is
'Evaluates the next batch of mentors of a reconciliation, from their activities anew.
Returns one row that says how far it is. Commit after each: what is done stays done. Callable by service_role. Errors:
PT404, 22023.';
revoke all on function public.continue_badge_reconciliation from public, anon, authenticated, service_role;
grant execute on function public.continue_badge_reconciliation to service_role;
