create or replace function private.require_no_circle(
    definition_ids uuid[]
)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_circle record;
begin
    with recursive requirements as (
        select definition.id as badge_id, definition.slug, named.id as needs_id, named.slug as needs_slug, part.path
        from public.badge_definitions as definition
        cross join lateral private.criteria_leaves(definition.criteria) as part
        inner join public.badge_definitions as named
            on named.organisation_id = definition.organisation_id and named.slug = part.leaf ->> 'badge'
        where definition.organisation_id in (
            select written.organisation_id
            from public.badge_definitions as written
            where written.id = any (require_no_circle.definition_ids)
        )
    ),
    walk as (
        select
            requirement.badge_id as start_id,
            requirement.needs_id,
            array[requirement.slug, requirement.needs_slug] as slugs,
            requirement.path
        from requirements as requirement
        where requirement.badge_id = any (require_no_circle.definition_ids)
        union all
        select walk.start_id, requirement.needs_id, walk.slugs || requirement.needs_slug, walk.path
        from walk
        inner join requirements as requirement on requirement.badge_id = walk.needs_id
        where walk.start_id <> walk.needs_id and not requirement.needs_slug = any (walk.slugs[2:])
    )
    select walk.slugs, walk.path
    into v_circle
    from walk
    where walk.start_id = walk.needs_id
    order by array_length(walk.slugs, 1), walk.slugs
    limit 1;
    if found then
        raise exception using
            errcode = 'PL001',
            message = format('The criteria are invalid: badges depend on one another in a circle, %s.', array_to_string(v_circle.slugs, ' -> ')),
            detail = v_circle.path || '.badge',
            hint = 'Take one of these badge_earned conditions out.';
    end if;
end
$$;

comment on function private.require_no_circle is
'Passes when none of these badges needs itself, directly or by way of others. Error: PL001. For our functions only.';
revoke all on function private.require_no_circle from public, anon, authenticated, service_role;
