-- A correction is what the new rows count less what the old ones counted. It may award a badge and
-- never takes one away.
create or replace function private.tg_activities__evaluate_updated()
returns trigger
language plpgsql
volatile
security definer -- evaluates and logs with rights that no caller has
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    v_started constant timestamptz := clock_timestamp();
    v_error text;
    v_touched private.touched_mentor[];
    v_added private.activity_days[];
    v_moved public.activities[];
    v_changes private.day_change[];
begin
    with versions as (
        select old_rows.*, row(old_rows.*)::public.activities as activity, -1 as sign from old_rows
        union all
        select new_rows.*, row(new_rows.*)::public.activities, 1 from new_rows
    ),
    -- What is the same before and after comes twice. Old and new rows are not joined: a plan that is kept from a statement of one
    -- row would compare each with each.
    changed as (
        select counted.*
        from (
            select
                versions.*,
                count(*) over (
                    partition by
                        versions.id, versions.mentor_id, versions.activity_type, versions.delivery_mode, versions.occurred_on,
                        versions.duration_minutes, versions.participant_count, versions.voided_at is null
                ) as times,
                count(*) over (
                    partition by versions.id, versions.mentor_id, versions.occurred_on, versions.voided_at is null
                ) as times_there
            from versions
        ) as counted
        where counted.times = 1
    ),
    mentors as (
        select changed.mentor_id, changed.organisation_id, array_agg(distinct changed.id) as activity_ids, null::bytea[]
        from changed
        group by changed.mentor_id, changed.organisation_id
    ),
    days as (
        select
            changed.mentor_id,
            changed.occurred_on,
            changed.activity_type,
            changed.delivery_mode,
            sum(changed.sign)::bigint as activity_count,
            sum(changed.sign * changed.duration_minutes)::bigint as minutes_total,
            sum(changed.sign * changed.participant_count)::bigint as participants_total
        from changed
        where changed.voided_at is null
        group by changed.mentor_id, changed.occurred_on, changed.activity_type, changed.delivery_mode
    )
    select
        (select array_agg(row(mentors.*)::private.touched_mentor order by mentors.mentor_id) from mentors),
        (
            select array_agg(row(days.*)::private.activity_days)
            from days
            where (days.activity_count, days.minutes_total, days.participants_total) <> (0, 0, 0)
        ),
        (
            -- Moved to another day or mentor, or no longer voided. What stays where it was is not judged again.
            select array_agg(latest.activity)
            from (
                select distinct on (changed.mentor_id, changed.coordinator_id is null) changed.activity
                from changed
                where changed.sign = 1 and changed.times_there = 1 and changed.voided_at is null
                order by changed.mentor_id, changed.coordinator_id is null, changed.occurred_on desc
            ) as latest
        )
    into v_touched, v_added, v_moved;

    if v_touched is null then
        return null;
    end if;

    v_error := private.try_lock_mentor_measures((select array_agg(distinct mentor.mentor_id) from unnest(v_touched) as mentor));
    v_changes := private.count_changed_days(v_added);
    perform private.require_possible_activities(v_changes, v_moved);
    if v_error is null then
        perform private.evaluate_activities(v_touched, v_changes, 'activity_update');
    else
        perform private.leave_unevaluated(v_touched, v_error, v_started, 'activity_update');
    end if;
    return null;
end
$$;

comment on function private.tg_activities__evaluate_updated is
'Trigger function of activities: corrects the rollups and evaluates the mentors whose numbers changed. Error: 22023, for
what cannot have happened.';
revoke all on function private.tg_activities__evaluate_updated from public, anon, authenticated, service_role;
