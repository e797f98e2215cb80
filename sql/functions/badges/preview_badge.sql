-- Definer: reads the activities of mentors that the caller may not see one by one. It writes nothing.
create or replace function public.preview_badge(
    organisation_id uuid,
    criteria jsonb,
    page_limit int default 50,
    page_offset int default 0
)
returns table (
    mentor_id uuid,
    qualified_on date,
    evidence jsonb,
    would_notify boolean,
    total_count bigint
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
    perform private.require_organisation(preview_badge.organisation_id);
    perform private.require_page(preview_badge.page_limit, preview_badge.page_offset);
    perform private.check_criteria(preview_badge.criteria);
    perform private.require_known_badges(preview_badge.organisation_id, preview_badge.criteria);

    return query
    select
        found.mentor_id,
        found.qualified_on,
        found.evidence,
        private.has_address(mentor) and coalesce(setting.badges_enabled, true),
        count(*) over ()
    from private.qualify_mentors(preview_badge.organisation_id, preview_badge.criteria) as found
    inner join public.peer_mentors as mentor on mentor.id = found.mentor_id
    left join public.organisation_settings as setting on setting.organisation_id = mentor.organisation_id
    order by found.qualified_on, found.mentor_id
    limit preview_badge.page_limit
    offset preview_badge.page_offset;
end
$$;

comment on function public.preview_badge is
'Shows who would get a badge with these criteria, a page at a time, and writes nothing.
A row has since when and from what evidence; total_count is how many there are in all. would_notify: would they be told of
it? Not without an account or an e-mail address, nor while badges are switched off. Callable by coordinators of the
organisation and service_role. Errors: PT404, PL001, 22023.';
revoke all on function public.preview_badge from public, anon, authenticated, service_role;
grant execute on function public.preview_badge to authenticated, service_role;
