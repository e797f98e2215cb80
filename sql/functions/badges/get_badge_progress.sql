-- Definer: shows a mentor their own measures, which lie in a private table.
create or replace function public.get_badge_progress(
    mentor_id uuid
)
returns table (
    badge_definition_id uuid,
    slug text,
    leaf_path text,
    metric text,
    value bigint,
    threshold bigint,
    share numeric,
    is_earned boolean
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
set jit = off
as $$
declare
    v_measures private.badge_measures[];
    v_from_activities boolean;
begin
    -- Mentors see their own, coordinators all of their organisations'.
    if not exists (
        select
        from public.peer_mentors as mentor
        where
            mentor.id = get_badge_progress.mentor_id
            and (
                private.is_service_call()
                or mentor.user_id = private.caller_id()
                or mentor.organisation_id in (select private.my_organisation_ids())
            )
    ) then
        raise exception using
            errcode = 'PT404',
            message = format('There is no mentor %s that you can see.', get_badge_progress.mentor_id),
            hint = 'Check the id, and who you are signed in as.';
    end if;

    -- Whoever was never evaluated, or failed and waits for it, has no rollup to read.
    v_from_activities := not exists (
        select
        from private.mentor_measures as measured
        where measured.mentor_id = get_badge_progress.mentor_id and measured.catalogue_version is not null
    );
    v_measures := array(
        select measure
        from private.badge_measures as measure
        where
            measure.organisation_id = (
                select mentor.organisation_id
                from public.peer_mentors as mentor
                where mentor.id = get_badge_progress.mentor_id
            )
            and measure.id in (
                select (leaf.value ->> 'measure_id')::bigint
                from private.badge_rules as rule
                inner join public.badge_definitions as definition
                    on definition.id = rule.badge_definition_id and definition.is_active
                cross join lateral jsonb_array_elements(rule.leaves) as leaf
                where rule.organisation_id = measure.organisation_id
            )
    );

    return query
    with leaf as materialized (
        select definition.id, definition.slug, listed.*
        from public.peer_mentors as mentor
        inner join public.badge_definitions as definition
            on definition.organisation_id = mentor.organisation_id and definition.is_active
        inner join private.badge_rules as rule on rule.badge_definition_id = definition.id
        cross join lateral jsonb_to_recordset(rule.leaves) as listed (
            path text, metric text, measure_id bigint, needs_badge_id uuid, at_least bigint
        )
        where mentor.id = get_badge_progress.mentor_id
    ),
    -- Once for all badges: many ask for the same.
    measured as materialized (
        select series.measure_id, max(series.value) as value
        from private.measure_series(
            array(
                select row(get_badge_progress.mentor_id, measure.id, null, null)::private.measure_request
                from unnest(v_measures) as measure
            ),
            v_measures,
            v_from_activities
        ) as series
        group by series.measure_id
    ),
    earned as materialized (
        select badge.badge_definition_id as id
        from public.earned_badges as badge
        where badge.mentor_id = get_badge_progress.mentor_id and badge.revoked_at is null
    ),
    valued as (
        select
            leaf.*,
            case leaf.metric
                when 'tenure_days'
                    then (
                        select
                            (now() at time zone organisation.time_zone)::date
                            - (mentor.created_at at time zone organisation.time_zone)::date
                        from public.peer_mentors as mentor
                        inner join public.organisations as organisation on organisation.id = mentor.organisation_id
                        where mentor.id = get_badge_progress.mentor_id
                    )
                when 'badge_earned' then (leaf.needs_badge_id in (select earned.id from earned))::int
                else coalesce(measured.value, 0)
            end::bigint as value
        from leaf
        left join measured on measured.measure_id = leaf.measure_id
    )
    select
        valued.id,
        valued.slug,
        valued.path,
        valued.metric,
        valued.value,
        valued.at_least,
        round(least(1, valued.value::numeric / valued.at_least::numeric), 4),
        valued.id in (select earned.id from earned)
    from valued
    order by valued.slug, valued.path;
end
$$;

comment on function public.get_badge_progress is
'Shows how far a mentor is with each leaf of each active badge.
A row has the value reached (in the metric''s own unit: activities, minutes, participants, days, weeks, months), the
threshold, and the share of it, 0 to 1. Callable by the mentor, coordinators of the organisation and service_role.
Error: PT404.';
revoke all on function public.get_badge_progress from public, anon, authenticated, service_role;
grant execute on function public.get_badge_progress to authenticated, service_role;
