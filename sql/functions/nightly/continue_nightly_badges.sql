create or replace function private.continue_nightly_badges(
    night_at timestamptz
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Some tenths of a second, for which one of these mentors may have to wait for an insert.
    c_batch_size constant int := 50;
    c_turns constant int := 30;
    v_begun record;
    v_id uuid;
    v_nights int;
    v_organisation_id uuid;
    v_before private.badge_reconciliations;
    v_reconciliation private.badge_reconciliations;
begin
    select
        run.business_date,
        (run.details ->> 'reconciliation_id')::uuid as reconciliation_id,
        (run.details ->> 'since')::timestamptz as since
    into v_begun
    from public.job_runs as run
    where
        run.job = 'badge_reconciliation'
        and run.started_at = continue_nightly_badges.night_at
        and run.state = 'running'
        and run.organisation_id is null
    order by run.business_date desc
    limit 1;

    if v_begun.reconciliation_id is null then
        -- One that a killed night left behind: this one begins where the last good night did, and so covers it.
        with abandoned as (
            update private.badge_reconciliations as reconciliation
            set finished_at = clock_timestamp()
            where reconciliation.is_nightly and reconciliation.finished_at is null
            returning reconciliation.id
        )
        delete from private.badge_reconciliation_mentors as waiting
        using abandoned
        where waiting.reconciliation_id = abandoned.id;

        v_id := public.start_badge_reconciliation(least(now() - interval '24 hours', v_begun.since));
        -- And some of the others, so that everybody with activities has a turn in thirty nights: what is kept may go wrong, or be
        -- missing, without any of late. Those whose turn was in a night that did not run have it now.
        v_nights := v_begun.business_date - (
            select max(run.business_date)
            from public.job_runs as run
            where
                run.job = 'badge_reconciliation'
                and run.organisation_id is null
                and run.state in ('ran', 'caught_up')
                and run.started_at < continue_nightly_badges.night_at
        );
        insert into private.badge_reconciliation_mentors (reconciliation_id, mentor_id)
        select v_id, mentor.id
        from public.peer_mentors as mentor
        where
            mod(
                v_begun.business_date - date '2000-01-01' - mod(abs(uuid_hash(mentor.id)::bigint), c_turns) + c_turns, c_turns
            ) < greatest(1, v_nights)
            and (
                exists (select from private.mentor_measures as measured where measured.mentor_id = mentor.id)
                or exists (select from public.activities as activity where activity.mentor_id = mentor.id)
            )
        on conflict on constraint badge_reconciliation_mentors_pkey do nothing;
        update private.badge_reconciliations as reconciliation
        set
            is_nightly = true,
            mentors_total = (
                select count(*)
                from private.badge_reconciliation_mentors as waiting
                where waiting.reconciliation_id = v_id
            )
        where reconciliation.id = v_id;
        update public.job_runs as run
        set details = run.details || jsonb_build_object('reconciliation_id', v_id)
        where
            run.job = 'badge_reconciliation' and run.business_date = v_begun.business_date and run.organisation_id is null;
        return;
    end if;

    select reconciliation.*
    into strict v_before
    from private.badge_reconciliations as reconciliation
    where reconciliation.id = v_begun.reconciliation_id;
    -- A batch is of one organisation, the first that somebody waits in.
    select mentor.organisation_id
    into v_organisation_id
    from private.badge_reconciliation_mentors as waiting
    inner join public.peer_mentors as mentor on mentor.id = waiting.mentor_id
    where waiting.reconciliation_id = v_begun.reconciliation_id
    order by mentor.organisation_id
    limit 1;
    perform public.continue_badge_reconciliation(v_begun.reconciliation_id, c_batch_size);
    select reconciliation.*
    into strict v_reconciliation
    from private.badge_reconciliations as reconciliation
    where reconciliation.id = v_begun.reconciliation_id;

    if v_organisation_id is not null then
        insert into private.badge_reconciliation_totals as total (
            reconciliation_id, organisation_id, mentors_done, mentors_evaluated, mentors_missing, badges_awarded
        )
        values (
            v_reconciliation.id,
            v_organisation_id,
            v_reconciliation.mentors_done - v_before.mentors_done,
            v_reconciliation.mentors_evaluated - v_before.mentors_evaluated,
            v_reconciliation.mentors_missing - v_before.mentors_missing,
            v_reconciliation.badges_awarded - v_before.badges_awarded
        )
        on conflict on constraint badge_reconciliation_totals_pkey do update
        set
            mentors_done = total.mentors_done + excluded.mentors_done,
            mentors_evaluated = total.mentors_evaluated + excluded.mentors_evaluated,
            mentors_missing = total.mentors_missing + excluded.mentors_missing,
            badges_awarded = total.badges_awarded + excluded.badges_awarded;
    end if;
    if v_reconciliation.finished_at is null then
        return;
    end if;
    perform private.finish_step(
        'badge_reconciliation',
        continue_nightly_badges.night_at,
        'done',
        details => jsonb_build_object(
            'reconciliation_id', v_reconciliation.id,
            'activities_scanned', v_reconciliation.activities_scanned,
            'mentors', v_reconciliation.mentors_done,
            'mentors_evaluated', v_reconciliation.mentors_evaluated,
            'mentors_found_right',
            v_reconciliation.mentors_done - v_reconciliation.mentors_skipped - v_reconciliation.mentors_evaluated,
            'mentors_missing', v_reconciliation.mentors_missing,
            'badges_awarded', v_reconciliation.badges_awarded,
            'badges_by_time', v_reconciliation.badges_by_time,
            'alert', private.award_ratio(v_reconciliation) > 0.05
        ),
        organisations => (
            select
                coalesce(
                    jsonb_object_agg(
                        organisation.id,
                        jsonb_build_object(
                            'outcome', 'done',
                            'details', jsonb_build_object(
                                'mentors', coalesce(total.mentors_done, 0),
                                'mentors_evaluated', coalesce(total.mentors_evaluated, 0),
                                'mentors_missing', coalesce(total.mentors_missing, 0),
                                'badges_awarded', coalesce(total.badges_awarded, 0)
                            )
                        )
                    ), '{}'
                )
            from public.organisations as organisation
            left join private.badge_reconciliation_totals as total
                on total.reconciliation_id = v_reconciliation.id and total.organisation_id = organisation.id
        )
    );
end
$$;

comment on function private.continue_nightly_badges is
'Starts the reconciliation of badges of this night, or evaluates its next few mentors. For private.continue_step only.';
revoke all on function private.continue_nightly_badges from public, anon, authenticated, service_role;
