-- What happens when activities are inserted. One way is short, and most activities go it:
--
--   A single activity that fits into the mentor's headroom (private.set_headroom) cannot change an outcome. It is taken
--   off the headroom, which also locks the mentor, its day is counted, and the cached outcomes are logged.
--
-- Everything else, and whatever goes wrong on the short way, takes the long one: the statement is summed up, its mentors are
-- locked, what cannot have happened is refused, and private.evaluate_activities does the rest. Having been on the short
-- way first does no harm: days are counted anew, and headroom that was taken off is only missed.
create or replace function private.tg_activities__evaluate_inserted()
returns trigger
language plpgsql
volatile
security definer -- evaluates and logs with rights that no caller has
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: everything is read by key, with plans that are kept. Index scans stay allowed: of each table
-- on the short way only the key answers its question, and a bitmap would cost more.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
declare
    v_started timestamptz;
    v_stamp timestamptz := now();
    v_stamp_text text := private.json_time(v_stamp);
    v_error text;
    v_one record;
    v_day record;
    v_touched private.touched_mentor[];
    v_added private.activity_days[];
    v_changes private.day_change[];
begin
    select (select count(*) from new_rows) as rows_of_statement, new_rows.*
    into v_one
    from new_rows
    limit 1;
    if not found then
        -- As when every row was there already.
        return null;
    end if;

    if v_one.rows_of_statement = 1 and v_one.voided_at is null then
        v_started := clock_timestamp();
        begin
            update private.mentor_measures as mentor
            set
                added_activities = mentor.added_activities + 1,
                added_minutes = mentor.added_minutes + v_one.duration_minutes,
                added_participants = mentor.added_participants + v_one.participant_count,
                added_late = mentor.added_late or coalesce(v_one.occurred_on < mentor.latest_on, true),
                added_from = least(mentor.added_from, v_one.occurred_on),
                added_to = greatest(mentor.added_to, v_one.occurred_on)
            where
                mentor.mentor_id = v_one.mentor_id
                and mentor.settled_until > now()
                and mentor.catalogue_version = (
                    select catalogue.version
                    from private.badge_catalogues as catalogue
                    where catalogue.organisation_id = v_one.organisation_id
                )
                and private.fits_headroom(
                    mentor.headroom -> (v_one.activity_type || '/' || v_one.delivery_mode),
                    coalesce(v_one.occurred_on >= mentor.latest_on and not mentor.added_late, false),
                    mentor.added_activities + 1,
                    mentor.added_minutes + v_one.duration_minutes,
                    mentor.added_participants + v_one.participant_count,
                    greatest(mentor.added_to, v_one.occurred_on)
                );

            if found then
                -- Read after the lock was had: what another session added before is there.
                select
                    count(*) filter (where same.is_kind) as activity_count,
                    sum(activity.duration_minutes) filter (where same.is_kind) as minutes_total,
                    sum(activity.participant_count) filter (where same.is_kind) as participants_total,
                    sum(activity.duration_minutes) <= 1440
                    and v_one.occurred_on <= (now() at time zone 'Etc/GMT+12')::date
                    and (
                        select mentor.status <> 'withdrawn'
                        from public.peer_mentors as mentor
                        where mentor.id = v_one.mentor_id
                    ) as is_possible
                into v_day
                from public.activities as activity
                cross join lateral (
                    select
                        activity.activity_type = v_one.activity_type
                        and activity.delivery_mode = v_one.delivery_mode as is_kind
                ) as same
                where
                    activity.mentor_id = v_one.mentor_id
                    and activity.occurred_on = v_one.occurred_on
                    and activity.voided_at is null;

                -- What may be impossible is looked at more closely below.
                if v_day.is_possible then
                    insert into private.activity_days as day (
                        mentor_id, occurred_on, activity_type, delivery_mode, activity_count, minutes_total, participants_total
                    )
                    values (
                        v_one.mentor_id, v_one.occurred_on, v_one.activity_type, v_one.delivery_mode,
                        v_day.activity_count, v_day.minutes_total, v_day.participants_total
                    )
                    on conflict (mentor_id, occurred_on, activity_type, delivery_mode) do update
                    set
                        activity_count = excluded.activity_count,
                        minutes_total = excluded.minutes_total,
                        participants_total = excluded.participants_total;

                    insert into public.badge_evaluation_logs (
                        peer_mentor_id, org_id, badges_evaluated, criteria_outcomes, duration_ms, activity_ids, activity_hashes,
                        source
                    )
                    select
                        v_one.mentor_id,
                        v_one.organisation_id,
                        cached.badges_evaluated,
                        cached.criteria_outcomes,
                        greatest(1, ceil(extract(epoch from clock_timestamp() - v_started) * 1000))::int,
                        array[v_one.id],
                        array[(
                            select private.activity_sha256(row(new_rows.*)::public.activities, v_stamp, v_stamp_text)
                            from new_rows
                        )],
                        'activity_insert'
                    from private.badge_findings as cached
                    where
                        cached.mentor_id = v_one.mentor_id
                        and not exists (
                            select
                            from public.organisation_settings as setting
                            where setting.organisation_id = v_one.organisation_id and not setting.badges_enabled
                        );
                    if found then
                        return null;
                    end if;
                end if;
            end if;
        exception
            -- A transaction that waited for us and we for it: the long way would meet it again.
            when deadlock_detected then
                v_error := sqlstate;
            -- The long way knows what to do about it: it says so, and the activity stays.
            when others then
                null;
        end;
        if v_error is not null then
            perform set_config('peerledger.has_deadlocked', 'on', true);
        end if;
    end if;

    with mentors as (
        select
            new_rows.mentor_id,
            new_rows.organisation_id,
            array_agg(new_rows.id) as activity_ids,
            array_agg(private.activity_sha256(row(new_rows.*)::public.activities, v_stamp, v_stamp_text)) as activity_hashes
        from new_rows
        group by new_rows.mentor_id, new_rows.organisation_id
    ),
    days as (
        select
            new_rows.mentor_id,
            new_rows.occurred_on,
            new_rows.activity_type,
            new_rows.delivery_mode,
            count(*) as activity_count,
            sum(new_rows.duration_minutes)::bigint as minutes_total,
            sum(new_rows.participant_count)::bigint as participants_total
        from new_rows
        where new_rows.voided_at is null
        group by new_rows.mentor_id, new_rows.occurred_on, new_rows.activity_type, new_rows.delivery_mode
    )
    select
        (select array_agg(row(mentors.*)::private.touched_mentor order by mentors.mentor_id) from mentors),
        (select array_agg(row(days.*)::private.activity_days) from days)
    into v_touched, v_added;

    v_started := clock_timestamp();
    v_error := coalesce(
        v_error, private.try_lock_mentor_measures((select array_agg(mentor.mentor_id) from unnest(v_touched) as mentor))
    );
    v_changes := private.count_changed_days(v_added);
    perform private.require_possible_activities(
        v_changes,
        (
            select array_agg(row(latest.*)::public.activities)
            from (
                select distinct on (new_rows.mentor_id, new_rows.coordinator_id is null) new_rows.*
                from new_rows
                where new_rows.voided_at is null
                order by new_rows.mentor_id, new_rows.coordinator_id is null, new_rows.occurred_on desc
            ) as latest
        )
    );
    if v_error is null then
        perform private.evaluate_activities(v_touched, v_changes, 'activity_insert');
    else
        perform private.leave_unevaluated(v_touched, v_error, v_started, 'activity_insert');
    end if;
    return null;
end
$$;

comment on function private.tg_activities__evaluate_inserted is
'Trigger function of activities: evaluates the badges of the mentors of the statement. Error: 22023, for what cannot have
happened.';
revoke all on function private.tg_activities__evaluate_inserted from public, anon, authenticated, service_role;
