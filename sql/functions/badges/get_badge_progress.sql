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
as $$
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

    return query
    select
        definition.id,
        definition.slug,
        proof.value ->> 'path',
        proof.value ->> 'metric',
        (proof.value ->> 'value')::bigint,
        (proof.value ->> 'at_least')::bigint,
        round(least(1, (proof.value ->> 'value')::numeric / (proof.value ->> 'at_least')::numeric), 4),
        exists (
            select
            from public.earned_badges as earned
            where
                earned.mentor_id = get_badge_progress.mentor_id
                and earned.badge_definition_id = definition.id
                and earned.revoked_at is null
        )
    from public.peer_mentors as mentor
    inner join public.badge_definitions as definition
        on definition.organisation_id = mentor.organisation_id and definition.is_active
    cross join lateral private.badge_evidence(
        array[mentor.id],
        definition.id,
        -- Who was never evaluated, or failed and waits for it, has no rollup to read.
        from_activities => not exists (
            select
            from private.mentor_measures as measured
            where measured.mentor_id = mentor.id and measured.catalogue_version is not null
        )
    ) as evidence
    cross join lateral jsonb_array_elements(evidence.evidence) as proof
    where mentor.id = get_badge_progress.mentor_id
    order by definition.slug, proof.value ->> 'path';
end
$$;

comment on function public.get_badge_progress is
'Shows how far a mentor is with each leaf of each active badge.
A row has the value reached (in the metric''s own unit: activities, minutes, participants, days, weeks, months), the
threshold, and the share of it, 0 to 1. Callable by the mentor, coordinators of the organisation and service_role.
Error: PT404.';
revoke all on function public.get_badge_progress from public, anon, authenticated, service_role;
grant execute on function public.get_badge_progress to authenticated, service_role;
