-- Without SET it is inlined. Only functions with a search_path call it.
create or replace function private.exact_measures(
    mentor_ids uuid[]
)
returns table (
    mentor_id uuid,
    measure_id int,
    value bigint
)
language sql
stable
security invoker
as $$
    select series.mentor_id, series.measure_id, max(series.value)
    from (
        select
            array_agg(mentor.mentor_id) as mentors,
            array_agg(measure.id) as measures,
            array_agg(null::date) as days
        from private.mentor_measures as mentor
        inner join private.badge_measures as measure on measure.organisation_id = mentor.organisation_id
        where mentor.mentor_id = any (exact_measures.mentor_ids)
    ) as wanted
    cross join lateral private.measure_series(wanted.mentors, wanted.measures, wanted.days, wanted.days) as series
    group by series.mentor_id, series.measure_id
$$;

comment on function private.exact_measures is
'The true value of each measure of these mentors, from the rollup; no row for one without activities. For our functions
only.';
revoke all on function private.exact_measures from public, anon, authenticated, service_role;
