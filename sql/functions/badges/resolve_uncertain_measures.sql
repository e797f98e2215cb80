-- The bound of these measures crossed a threshold: the days around what was added say whether the value did.
create or replace function private.resolve_uncertain_measures(
    raised private.raised_measures[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    with uncertain as (
        select mentor.mentor_id, doubtful.*
        from unnest(resolve_uncertain_measures.raised) as mentor
        cross join lateral unnest(mentor.uncertain) as doubtful
    ),
    resolved as (
        select
            uncertain.mentor_id,
            jsonb_object_agg(
                uncertain.measure_id,
                -- Where all days were looked at the value is exact. Elsewhere it may be as great as it was.
                case when uncertain.first_day is null then exact.value else greatest(uncertain.known, exact.value) end
            ) as measures
        from uncertain
        inner join private.exact_measures((
            select array_agg(
                row(
                    uncertain.mentor_id, uncertain.measure_id, uncertain.first_day, uncertain.last_day
                )::private.measure_request
            )
            from uncertain
        )) as exact on exact.mentor_id = uncertain.mentor_id and exact.measure_id = uncertain.measure_id
        group by uncertain.mentor_id
    )
    update private.mentor_measures as mentor
    set measures = mentor.measures || resolved.measures
    from resolved
    where resolved.mentor_id = mentor.mentor_id;
end
$$;

comment on function private.resolve_uncertain_measures is
'Replaces bounds that crossed a threshold by what the days show. For our functions only; write the days first.';
revoke all on function private.resolve_uncertain_measures from public, anon, authenticated, service_role;
