create or replace function private.require_known_badges(
    organisation_id uuid,
    criteria jsonb
)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_unknown record;
begin
    select part.path, part.leaf ->> 'badge' as slug
    into v_unknown
    from private.criteria_leaves(require_known_badges.criteria) as part
    where
        part.leaf ? 'badge'
        and not exists (
            select
            from public.badge_definitions as named
            where named.organisation_id = require_known_badges.organisation_id and named.slug = part.leaf ->> 'badge'
        )
    order by part.path
    limit 1;
    if found then
        raise exception using
            errcode = 'PL001',
            message = format('The criteria are invalid: the organisation has no badge "%s".', v_unknown.slug),
            detail = v_unknown.path || '.badge',
            hint = 'Define that badge first, or in the same statement.';
    end if;
end
$$;

comment on function private.require_known_badges is
'Passes when the organisation has every badge that the criteria name. Error: PL001. For our functions only.';
revoke all on function private.require_known_badges from public, anon, authenticated, service_role;
