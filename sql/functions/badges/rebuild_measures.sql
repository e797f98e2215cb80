-- only_changed: those measures alone whose thresholds are newer than the mentor's row, as after a change of criteria.
create or replace function private.rebuild_measures(
    mentor_ids uuid[],
    only_changed boolean default false
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_requests private.measure_request[] := array(
        select row(mentor.mentor_id, measure.id, null, null)::private.measure_request
        from private.mentor_measures as mentor
        inner join private.badge_measures as measure on measure.organisation_id = mentor.organisation_id
        where
            mentor.mentor_id = any (rebuild_measures.mentor_ids)
            and (not rebuild_measures.only_changed or measure.changed_in > mentor.catalogue_version)
    );
begin
    update private.mentor_measures as mentor
    set
        measures = case
            when rebuild_measures.only_changed then (
                -- Without those that nobody asks for any more.
                select coalesce(jsonb_object_agg(kept.key, kept.value), '{}')
                from jsonb_each(mentor.measures) as kept
                inner join private.badge_measures as measure
                    on measure.id = kept.key::bigint and measure.organisation_id = mentor.organisation_id
            )
            else '{}'
        end || coalesce(computed.measures, '{}'),
        settled_until = null,
        catalogue_version = coalesce(
            (
                select catalogue.version
                from private.badge_catalogues as catalogue
                where catalogue.organisation_id = mentor.organisation_id
            ),
            0
        ),
        -- The other bounds do not hold it yet.
        added_activities = case when rebuild_measures.only_changed then mentor.added_activities else 0 end,
        added_minutes = case when rebuild_measures.only_changed then mentor.added_minutes else 0 end,
        added_participants = case when rebuild_measures.only_changed then mentor.added_participants else 0 end,
        added_late = rebuild_measures.only_changed and mentor.added_late,
        added_from = case when rebuild_measures.only_changed then mentor.added_from end,
        added_to = case when rebuild_measures.only_changed then mentor.added_to end,
        headroom = null,
        latest_on = (
            select max(day.occurred_on)
            from private.activity_days as day
            where day.mentor_id = mentor.mentor_id
        )
    from unnest(rebuild_measures.mentor_ids) as target (mentor_id)
    left join (
        select exact.mentor_id, jsonb_object_agg(exact.measure_id, exact.value) as measures
        from private.exact_measures(v_requests) as exact
        group by exact.mentor_id
    ) as computed on computed.mentor_id = target.mentor_id
    where mentor.mentor_id = target.mentor_id;
end
$$;

comment on function private.rebuild_measures is
'Recomputes the measures of these (distinct) mentors from the rollup. For our functions only; lock first.';
revoke all on function private.rebuild_measures from public, anon, authenticated, service_role;
