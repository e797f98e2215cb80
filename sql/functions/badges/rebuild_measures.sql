create or replace function private.rebuild_measures(
    mentor_ids uuid[]
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with wanted as (
        select
            array_agg(mentor.mentor_id) as mentors,
            array_agg(measure.id) as measures,
            array_agg(null::date) as days
        from private.mentor_measures as mentor
        inner join private.badge_measures as measure on measure.organisation_id = mentor.organisation_id
        where mentor.mentor_id = any (rebuild_measures.mentor_ids)
    ),
    reached as (
        select series.mentor_id, series.measure_id, max(series.value) as value
        from wanted
        cross join lateral private.measure_series(wanted.mentors, wanted.measures, wanted.days, wanted.days) as series
        group by series.mentor_id, series.measure_id
    ),
    collected as (
        select reached.mentor_id, jsonb_object_agg(reached.measure_id, reached.value) as measures
        from reached
        group by reached.mentor_id
    )
    update private.mentor_measures as mentor
    set
        measures = coalesce(collected.measures, '{}'),
        settled_until = null,
        catalogue_version = coalesce(catalogue.version, 0)
    from private.mentor_measures as target
    left join collected on collected.mentor_id = target.mentor_id
    left join private.badge_catalogues as catalogue on catalogue.organisation_id = target.organisation_id
    where target.mentor_id = mentor.mentor_id and mentor.mentor_id = any (rebuild_measures.mentor_ids)
$$;

comment on function private.rebuild_measures is
'Recomputes the measures of these mentors from the rollup. For our functions only; lock first.';
revoke all on function private.rebuild_measures from public, anon, authenticated, service_role;
