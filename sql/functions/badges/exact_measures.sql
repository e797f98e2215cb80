create or replace function private.exact_measures(
    requests private.measure_request[]
)
returns table (
    mentor_id uuid,
    measure_id bigint,
    value bigint,
    latest bigint
)
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_measures private.badge_measures[] := array(
        select measure
        from private.badge_measures as measure
        where measure.id in (select request.measure_id from unnest(exact_measures.requests) as request)
    );
    -- All at once, or one at a time where there is a clock to look at in between.
    v_step int := case
        when nullif(current_setting('peerledger.badge_deadline', true), '') is null then cardinality(exact_measures.requests)
        else 1
    end;
    v_first int := 1;
begin
    while v_first <= cardinality(exact_measures.requests) loop
        perform private.check_time_budget();
        return query
        select
            request.mentor_id,
            request.measure_id,
            coalesce(max(series.value), 0),
            coalesce((array_agg(series.value order by series.reached_on desc))[1], 0)
        from unnest(exact_measures.requests[v_first:v_first + v_step - 1]) as request
        left join private.measure_series(exact_measures.requests[v_first:v_first + v_step - 1], v_measures) as series
            on series.mentor_id = request.mentor_id and series.measure_id = request.measure_id
        group by request.mentor_id, request.measure_id;
        v_first := v_first + v_step;
    end loop;
end
$$;

comment on function private.exact_measures is
'The true value of each requested measure, from the rollup, within the days requested, and what it was on the latest of them. For
our functions only.';
revoke all on function private.exact_measures from public, anon, authenticated, service_role;
