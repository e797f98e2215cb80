create or replace function private.needed_badges(
    badge_definition_id uuid
)
returns uuid[]
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with recursive needed as (
        select needed_badges.badge_definition_id as id
        union
        select (leaf.value ->> 'needs_badge_id')::uuid
        from needed
        inner join private.badge_rules as rule on rule.badge_definition_id = needed.id
        cross join lateral jsonb_array_elements(rule.leaves) as leaf
        where leaf.value ->> 'needs_badge_id' is not null
    )
    select array_agg(needed.id)
    from needed
$$;

comment on function private.needed_badges is
'A badge and all that its criteria name, directly or through others. For our functions only.';
revoke all on function private.needed_badges from public, anon, authenticated, service_role;
