-- An activity's states come from four places, and the newest of them is what it must be now: the hash of its insert, the
-- entries of activity_changes, and for what was there before all that the baseline. What is by proxy stands whole in
-- proxy_audit_log as well.
create or replace function private.gaps_in_activities(
    since timestamptz
)
returns table (
    "check" text,
    log_name text,
    subject_id uuid,
    detail text,
    hole text
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
-- Everything is compared with everything. Statistics that call a table empty would have one read for each row of the other.
set enable_nestloop = off
set timezone = 'UTC'
-- A whole history is sorted and joined.
set work_mem = '256MB'
set jit = off
as $$
declare
    v_is_all boolean := coalesce(gaps_in_activities.since, '-infinity') = '-infinity';
    v_began_at timestamptz := (select began.began_at from private.completeness_began() as began);
    v_evaluations_from timestamptz := private.archived_until('badge_evaluation_logs');
    v_changes_from timestamptz := private.archived_until('activity_changes');
    v_proxies_from timestamptz := private.archived_until('proxy_audit_log');
    -- While evaluations could not be written, and an alert said so.
    v_unwritten tstzmultirange := (
        select range_agg(tstzrange(alert.raised_at - interval '1 minute', alert.acknowledged_at))
        from public.ops_alerts as alert
        where alert.dedupe_key = 'audit_write_failed:badge_evaluation_logs'
    );
begin
    return query
    with looked_at as materialized (
        select activity.id
        from public.activities as activity
        where not v_is_all and (activity.updated_at >= gaps_in_activities.since or activity.created_at >= gaps_in_activities.since)
        union
        select entry.activity_id
        from public.activity_changes as entry
        where not v_is_all and entry.changed_at >= gaps_in_activities.since
        union
        select entry.proxy_activity_id
        from public.proxy_audit_log as entry
        where not v_is_all and entry."timestamp" >= gaps_in_activities.since
        union
        select named.activity_id
        from public.badge_evaluation_logs as entry
        cross join unnest(entry.activity_ids) as named (activity_id)
        where not v_is_all and entry.triggered_at >= gaps_in_activities.since
    ),
    activity as materialized (
        select there.*
        from public.activities as there
        where v_is_all
        union all
        select there.*
        from looked_at
        inner join public.activities as there on there.id = looked_at.id
    ),
    evaluated as materialized (
        select named.activity_id, named.record_sha256, entry.triggered_at
        from public.badge_evaluation_logs as entry
        cross join unnest(entry.activity_ids, entry.activity_hashes) as named (activity_id, record_sha256)
        where v_is_all
        union all
        select named.activity_id, named.record_sha256, entry.triggered_at
        from public.badge_evaluation_logs as entry
        cross join unnest(entry.activity_ids, entry.activity_hashes) as named (activity_id, record_sha256)
        inner join looked_at on looked_at.id = named.activity_id
        where not v_is_all
    ),
    -- Each of these is all there is, or what belongs to what is looked at: one of the two is empty.
    change as (
        select entry.*
        from public.activity_changes as entry
        where v_is_all
        union all
        select entry.*
        from looked_at
        inner join public.activity_changes as entry on entry.activity_id = looked_at.id
    ),
    baseline as (
        select hash.*
        from private.activity_baseline as hash
        where v_is_all
        union all
        select hash.*
        from looked_at
        inner join private.activity_baseline as hash on hash.activity_id = looked_at.id
    ),
    by_proxy as materialized (
        select entry.proxy_activity_id, entry.payload_snapshot, entry."timestamp" as at
        from public.proxy_audit_log as entry
        where v_is_all
        union all
        select entry.proxy_activity_id, entry.payload_snapshot, entry."timestamp"
        from looked_at
        inner join public.proxy_audit_log as entry on entry.proxy_activity_id = looked_at.id
    ),
    changed as materialized (
        select
            entry.activity_id, entry.change_kind, entry.changed_at, entry.before, entry.after,
            lag(entry.after) over of_activity as after_before,
            lag(entry.changed_at) over of_activity as changed_before,
            row_number() over (partition by entry.activity_id order by entry.changed_at desc) as place_from_end
        from change as entry
        window of_activity as (partition by entry.activity_id order by entry.changed_at)
    ),
    -- The newest hash: an id that was deleted may have been registered again.
    hashed as (
        select distinct on (found.activity_id) found.activity_id, found.record_sha256, found.at
        from (
            select evaluated.activity_id, evaluated.record_sha256, evaluated.triggered_at as at
            from evaluated
            where evaluated.record_sha256 is not null
            union all
            select baseline.activity_id, baseline.record_sha256, v_began_at
            from baseline
        ) as found
        order by found.activity_id, found.at desc
    ),
    newest as (
        select
            coalesce(changed.activity_id, hashed.activity_id) as activity_id,
            changed.after,
            changed.change_kind,
            case when changed.activity_id is null or hashed.at > changed.changed_at then hashed.record_sha256 end as record_sha256
        from (select last.* from changed as last where last.place_from_end = 1) as changed
        full join hashed on hashed.activity_id = changed.activity_id
    ),
    spoken_of as (
        select found.activity_id, min(found.at) as first_at
        from (
            select evaluated.activity_id, evaluated.triggered_at as at from evaluated
            union all
            select by_proxy.proxy_activity_id, by_proxy.at from by_proxy
            union all
            select changed.activity_id, changed.changed_at from changed
            union all
            select baseline.activity_id, v_began_at
            from baseline
        ) as found
        group by found.activity_id
    ),
    -- Several of one transaction bear one time; any of them may be the last.
    last_by_proxy as (
        select ranked.proxy_activity_id, ranked.payload_snapshot
        from (
            select by_proxy.*, rank() over (partition by by_proxy.proxy_activity_id order by by_proxy.at desc) as place
            from by_proxy
        ) as ranked
        where ranked.place = 1
    ),
    gap as (
        select
            'activity_without_entry' as "check", 'badge_evaluation_logs' as log_name, activity.id as subject_id,
            null as detail,
            case
                when activity.created_at < greatest(v_evaluations_from, v_changes_from) then 'archived'
                when v_unwritten @> activity.created_at then 'could not be written'
            end as hole
        from activity
        left join newest on newest.activity_id = activity.id
        where newest.activity_id is null
        union all
        select
            'activity_differs',
            case when newest.record_sha256 is null then 'activity_changes' else 'badge_evaluation_logs' end,
            activity.id,
            case
                when newest.record_sha256 is not null then 'the hash of its record'
                when newest.change_kind = 'deleted' then 'it was deleted'
                else differing.columns
            end,
            null
        from activity
        inner join newest on newest.activity_id = activity.id
        cross join lateral (
            -- Where a hash is the newest there is nothing to compare column by column. OFFSET: made once, not for each column.
            select case when newest.record_sha256 is null then private.activity_change_record(to_jsonb(activity)) end as record
            offset 0
        ) as now_is
        cross join lateral (
            select string_agg(either.key, ', ' order by either.key) as columns
            from jsonb_object_keys(now_is.record || newest.after) as either (key)
            where either.key <> 'updated_at' and now_is.record -> either.key is distinct from newest.after -> either.key
        ) as differing
        where
            newest.record_sha256 <> private.activity_sha256(row(activity.*)::public.activities)
            or differing.columns is not null
            or (newest.record_sha256 is null and newest.change_kind = 'deleted')
        union all
        select
            'entry_without_activity', 'activity_changes', spoken_of.activity_id, null,
            case
                when spoken_of.first_at < v_changes_from then 'archived'
                when spoken_of.first_at < v_began_at and baseline.activity_id is null then 'older than the log'
            end
        from spoken_of
        left join activity on activity.id = spoken_of.activity_id
        left join newest on newest.activity_id = spoken_of.activity_id
        left join baseline on baseline.activity_id = spoken_of.activity_id
        where activity.id is null and (newest.record_sha256 is not null or newest.change_kind is distinct from 'deleted')
        union all
        -- Each change begins with what the one before it left, the first, and the first after a deletion, with what was registered.
        select
            'changes_do_not_connect', 'activity_changes', changed.activity_id, changed.changed_at::text,
            case
                when changed.changed_at < v_changes_from then 'archived'
                when changed.after_before is null and hashed.activity_id is null then
                    case
                        when (changed.before ->> 'created_at')::timestamptz < greatest(v_evaluations_from, v_changes_from) then 'archived'
                        when changed.changed_at < v_began_at then 'older than the log'
                        when v_unwritten @> (changed.before ->> 'created_at')::timestamptz then 'could not be written'
                    end
            end
        from changed
        left join hashed on hashed.activity_id = changed.activity_id
        where
            changed.change_kind <> 'registered'
            and case
                when changed.after_before is not null
                    then changed.before - 'updated_at' <> changed.after_before - 'updated_at'
                -- Only the newest hash is at hand: this one was of an earlier registration.
                when hashed.at > changed.changed_at then false
                else
                    hashed.record_sha256 is distinct from sha256(convert_to(changed.before::text, 'UTF8'))
                    or hashed.at < changed.changed_before
            end
        union all
        select
            'proxy_without_entry', 'proxy_audit_log', activity.id, null,
            case when activity.created_at < v_proxies_from then 'archived' end
        from activity
        left join last_by_proxy on last_by_proxy.proxy_activity_id = activity.id
        where activity.coordinator_id is not null and last_by_proxy.proxy_activity_id is null
        union all
        select 'proxy_differs', 'proxy_audit_log', activity.id, null, null
        from activity
        inner join last_by_proxy on last_by_proxy.proxy_activity_id = activity.id
        where activity.coordinator_id is not null or last_by_proxy.payload_snapshot ->> 'coordinator_id' is not null
        group by activity.id
        having not bool_or(
            (
                last_by_proxy.payload_snapshot ->> 'activity_type',
                (last_by_proxy.payload_snapshot ->> 'occurred_on')::date,
                (last_by_proxy.payload_snapshot ->> 'duration_minutes')::int,
                (last_by_proxy.payload_snapshot ->> 'participant_count')::int,
                last_by_proxy.payload_snapshot ->> 'delivery_mode',
                (last_by_proxy.payload_snapshot ->> 'voided_at')::timestamptz,
                (last_by_proxy.payload_snapshot ->> 'attributed_mentor_id')::uuid,
                (last_by_proxy.payload_snapshot ->> 'organisation_id')::uuid,
                (last_by_proxy.payload_snapshot ->> 'coordinator_id')::uuid,
                (last_by_proxy.payload_snapshot ->> 'created_at')::timestamptz
            ) is not distinct from (
                activity.activity_type,
                activity.occurred_on,
                activity.duration_minutes,
                activity.participant_count,
                activity.delivery_mode,
                activity.voided_at,
                activity.mentor_id,
                activity.organisation_id,
                activity.coordinator_id,
                activity.created_at
            )
        )
    )
    -- Holes may be all that was ever archived: those are counted.
    select gap."check", gap.log_name, gap.subject_id, gap.detail, null::text
    from gap
    where gap.hole is null
    union all
    select gap."check", gap.log_name, null, count(*)::text, gap.hole
    from gap
    where gap.hole is not null
    group by gap."check", gap.log_name, gap.hole;
end
$$;

comment on function private.gaps_in_activities is
'Activities, changed since then, whose entries are missing or say something else than what is there now; hole: why that is
lawful, with the number of them as the detail. For private.find_incomplete_logs.';
revoke all on function private.gaps_in_activities from public, anon, authenticated, service_role;
