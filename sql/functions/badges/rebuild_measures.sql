create or replace function private.rebuild_measures(
    mentor_ids uuid[]
)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with collected as (
        select exact.mentor_id, jsonb_object_agg(exact.measure_id, exact.value) as measures
        from private.exact_measures(rebuild_measures.mentor_ids) as exact
        group by exact.mentor_id
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
