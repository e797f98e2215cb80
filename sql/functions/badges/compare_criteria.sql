-- Definer: reads the activities of mentors that the caller may not see one by one. It writes nothing.
create or replace function public.compare_criteria(
    badge_definition_id uuid,
    criteria jsonb,
    page_limit int default 50,
    page_offset int default 0
)
returns setof public.criteria_change
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_definition public.badge_definitions;
begin
    select definition.*
    into v_definition
    from public.badge_definitions as definition
    where
        definition.id = compare_criteria.badge_definition_id
        and (private.is_service_call() or definition.organisation_id in (select private.my_organisation_ids()));
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no badge %s of an organisation that you coordinate.', compare_criteria.badge_definition_id),
            hint = 'Check the id: it is that of the badge definition.';
    end if;
    perform private.require_page(compare_criteria.page_limit, compare_criteria.page_offset);
    perform private.check_criteria(compare_criteria.criteria);
    perform private.require_known_badges(v_definition.organisation_id, compare_criteria.criteria);

    return query
    select
        compared.mentor_id, compared.change_kind, compared.qualified_on, compared.held_since, count(*) over ()
    from (
        select
            coalesce(would.mentor_id, held.mentor_id) as mentor_id,
            case
                when held.mentor_id is null then 'gains'
                when would.mentor_id is null then 'would_not_have'
                else 'keeps'
            end as change_kind,
            would.qualified_on,
            held.qualified_on as held_since
        from private.qualify_mentors(v_definition.organisation_id, compare_criteria.criteria) as would
        full outer join (
            select earned.mentor_id, earned.qualified_on
            from public.earned_badges as earned
            where earned.badge_definition_id = v_definition.id and earned.revoked_at is null
        ) as held on held.mentor_id = would.mentor_id
        -- Once revoked it is not awarded again.
        where
            held.mentor_id is not null
            or not exists (
                select
                from public.earned_badges as revoked
                where revoked.badge_definition_id = v_definition.id and revoked.mentor_id = would.mentor_id
            )
    ) as compared
    order by compared.change_kind, compared.mentor_id
    limit compare_criteria.page_limit
    offset compare_criteria.page_offset;
end
$$;

comment on function public.compare_criteria is
'Shows what other criteria of a badge would change, against those who hold it today; nothing is written.
A row a mentor: gains (would newly get it), keeps, or would_not_have (has it, and would not have got it; a changed tree takes nothing away).
total_count is the number on all pages. Callable by coordinators of the organisation and service_role. Errors: PT404, PL001, 22023.';
revoke all on function public.compare_criteria from public, anon, authenticated, service_role;
grant execute on function public.compare_criteria to authenticated, service_role;
