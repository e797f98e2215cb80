-- A batch is of one organisation, and of a bounded size: so many mentors, and so many activities times measures. A mentor
-- with more than that has a batch alone, and a time budget (organisation_settings.badge_time_budget_ms). When it is used
-- up the others go on, and an alert says who.
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
    is_finished boolean,
    mentors_skipped bigint,
    mentors_evaluated bigint
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_work_of_one constant int := 200000;
    c_work_of_batch constant int := 1000000;
    v_reconciliation private.badge_reconciliations;
    v_organisation_id uuid;
    v_measures int;
    v_mentor_ids uuid[];
    v_touched private.touched_mentor[];
    v_is_large boolean;
    v_deadline timestamptz;
    v_detail text;
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
    select 1 + count(*)
    into v_measures
    from private.badge_measures as measure
    where measure.organisation_id = v_organisation_id;

    select
        array_agg(chosen.mentor_id order by chosen.mentor_id),
        bool_or(chosen.work > c_work_of_one),
        array_agg(
            row(
                chosen.mentor_id,
                v_organisation_id,
                -- Over all of history no activity in particular made it look.
                array(
                    select activity.id
                    from public.activities as activity
                    where
                        activity.mentor_id = chosen.mentor_id
                        and activity.updated_at >= v_reconciliation.since
                        and v_reconciliation.since > '-infinity'
                ),
                null
            )::private.touched_mentor
            order by chosen.mentor_id
        )
    into v_mentor_ids, v_is_large, v_touched
    from (
        select
            counted.*,
            counted.work > c_work_of_one as is_large,
            row_number() over large_last as place,
            sum(counted.work) over large_last as work_so_far
        from (
            select waiting.mentor_id, v_measures * size.activities as work
            from private.badge_reconciliation_mentors as waiting
            -- OFFSET: by key for each, and not as a join, which reads all mentors for each where statistics call them none.
            cross join lateral (
                select known.organisation_id
                from public.peer_mentors as known
                where known.id = waiting.mentor_id
                offset 0
            ) as mentor
            cross join lateral (
                -- Counted no further than it matters.
                select count(*) as activities
                from (
                    select
                    from public.activities as activity
                    where activity.mentor_id = waiting.mentor_id
                    limit c_work_of_one / v_measures + 1
                ) as at_most
            ) as size
            where waiting.reconciliation_id = v_reconciliation.id and mentor.organisation_id = v_organisation_id
            order by waiting.mentor_id
            limit continue_badge_reconciliation.batch_size
        ) as counted
        window large_last as (order by counted.work > c_work_of_one, counted.mentor_id)
    ) as chosen
    where chosen.place = 1 or (not chosen.is_large and chosen.work_so_far <= c_work_of_batch);

    if v_mentor_ids is not null then
        delete from private.badge_reconciliation_mentors as waiting
        where waiting.reconciliation_id = v_reconciliation.id and waiting.mentor_id = any (v_mentor_ids);

        begin
            if v_is_large then
                select clock_timestamp() + coalesce(max(setting.badge_time_budget_ms), 5000) * interval '1 ms'
                into v_deadline
                from public.organisation_settings as setting
                where setting.organisation_id = v_organisation_id;
                perform set_config('peerledger.badge_deadline', v_deadline::text, true);
            end if;
            select
                v_reconciliation.badges_awarded + done.badges_awarded,
                v_reconciliation.mentors_missing + done.mentors_missing,
                v_reconciliation.mentors_evaluated + done.mentors_evaluated,
                v_reconciliation.badges_by_time + done.badges_by_time
            into
                v_reconciliation.badges_awarded,
                v_reconciliation.mentors_missing,
                v_reconciliation.mentors_evaluated,
                v_reconciliation.badges_by_time
            from private.reconcile_mentors(
                v_touched, not v_reconciliation.suppress_notifications, everybody => v_reconciliation.since = '-infinity'
            ) as done;
            perform set_config('peerledger.badge_deadline', '', true);
        exception
            when query_canceled then
                get stacked diagnostics v_detail = pg_exception_detail;
                if v_detail is distinct from 'badge_time_budget_ms' then
                    raise;
                end if;
                v_reconciliation.mentors_skipped := v_reconciliation.mentors_skipped + 1;
                perform private.raise_alert(
                    'badge_time_budget_exceeded',
                    'warning',
                    'Reconciliation of badges left a mentor out, whose activities take longer than '
                    'organisation_settings.badge_time_budget_ms. Look at what is registered for them, or raise the budget.',
                    'badge_time_budget_exceeded:' || v_mentor_ids[1],
                    v_organisation_id,
                    jsonb_build_object('mentor_id', v_mentor_ids[1])
                );
        end;
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
        mentors_skipped = v_reconciliation.mentors_skipped,
        mentors_evaluated = v_reconciliation.mentors_evaluated,
        badges_by_time = v_reconciliation.badges_by_time,
        finished_at = v_reconciliation.finished_at
    where reconciliation.id = v_reconciliation.id;

    return query
    select
        v_reconciliation.mentors_total,
        v_reconciliation.mentors_done,
        v_reconciliation.activities_scanned,
        v_reconciliation.mentors_missing,
        v_reconciliation.badges_awarded,
        v_reconciliation.finished_at is not null,
        v_reconciliation.mentors_skipped,
        v_reconciliation.mentors_evaluated;
end
$$;

comment on function public.continue_badge_reconciliation is
'Looks at the next batch of mentors of a reconciliation.
Evaluates those of whom something is missing or wrong, or everybody when it is of all of history, and returns one row that says how far it is.
mentors_evaluated have a log entry each, the others were found right. mentors_skipped took longer than they may; they are among
mentors_done, and an alert names each. Commit after each: what is done stays done. Callable by service_role. Errors: PT404, 22023.';
revoke all on function public.continue_badge_reconciliation from public, anon, authenticated, service_role;
grant execute on function public.continue_badge_reconciliation to service_role;
