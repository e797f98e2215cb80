-- Definer: compiles criteria and reads measures that no caller may touch. What it writes to do so is
-- undone before it returns, by the sub-transaction that always fails.
create or replace function public.preview_badge(
    organisation_id uuid,
    criteria jsonb
)
returns table (
    mentor_id uuid,
    qualified_on date,
    evidence jsonb,
    would_notify boolean
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id uuid;
    v_mentor_ids uuid[];
    v_found jsonb;
begin
    perform private.require_organisation(preview_badge.organisation_id);
    begin
        insert into public.badge_definitions (organisation_id, slug, name, criteria)
        values (preview_badge.organisation_id, 'preview-' || gen_random_uuid(), 'preview', preview_badge.criteria)
        returning id into v_id;

        select array_agg(mentor.id)
        into v_mentor_ids
        from public.peer_mentors as mentor
        where mentor.organisation_id = preview_badge.organisation_id;

        -- No lock: the rollups are read as they are now, and only those that lack something are recounted.
        perform private.rebuild_activity_days(stale.mentor_ids)
        from (
            select array_agg(distinct difference.mentor_id) as mentor_ids
            from private.rollup_differences(v_mentor_ids) as difference
        ) as stale
        where stale.mentor_ids is not null;

        select jsonb_agg(to_jsonb(proof))
        into v_found
        from private.badge_evidence(v_mentor_ids, v_id) as proof
        where proof.qualified_on is not null;

        raise exception using errcode = 'PLPRV', message = 'undo the preview';
    exception
        when sqlstate 'PLPRV' then
            null;
    end;

    return query
    select
        found.mentor_id,
        found.qualified_on,
        found.evidence,
        private.has_address(mentor) and coalesce(setting.badges_enabled, true)
    from jsonb_to_recordset(v_found) as found (mentor_id uuid, qualified_on date, evidence jsonb)
    inner join public.peer_mentors as mentor on mentor.id = found.mentor_id
    left join public.organisation_settings as setting on setting.organisation_id = mentor.organisation_id
    order by found.qualified_on, found.mentor_id;
end
$$;

comment on function public.preview_badge is
'Shows who would get a badge with these criteria, and writes nothing.
A row has since when and from what evidence. would_notify: would they be told of it? Not without an account or an
e-mail address, nor while badges are switched off. Nothing is written. Callable by coordinators of the organisation and
service_role. Errors: PT404, PL001.';
revoke all on function public.preview_badge from public, anon, authenticated, service_role;
grant execute on function public.preview_badge to authenticated, service_role;
