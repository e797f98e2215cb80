-- Definer: tells a mentor who is not there from one without entries, which the log's policy cannot.
create or replace function public.get_mentor_audit_history(
    mentor_id uuid,
    since timestamptz default null,
    page_limit int default 50,
    page_offset int default 0
)
returns setof public.certification_expiry_audit_log
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_columns constant text := private.columns_of('public.certification_expiry_audit_log');
    v_is_service boolean := private.is_service_call();
begin
    perform private.require_page(get_mentor_audit_history.page_limit, get_mentor_audit_history.page_offset);

    -- The log outlives the mentor: entries are enough to be found.
    if not exists (
        select
        from (
            select mentor.organisation_id
            from public.peer_mentors as mentor
            where mentor.id = get_mentor_audit_history.mentor_id
            union all
            select entry.organisation_id
            from public.certification_expiry_audit_log as entry
            where entry.mentor_id = get_mentor_audit_history.mentor_id
        ) as known
        where v_is_service or known.organisation_id in (select private.my_organisation_ids())
    ) then
        raise exception using
            errcode = 'PT404',
            message = format(
                'There is no mentor %s that you can see.', coalesce(get_mentor_audit_history.mentor_id::text, 'null')
            ),
            hint = 'Check the id, and that you are signed in as a coordinator of the mentor''s organisation.';
    end if;

    return query execute format(
        'select %s from public.certification_expiry_audit_log '
        'where mentor_id = $1 and "timestamp" >= $2 '
        'and ($3 or organisation_id in (select private.my_organisation_ids())) '
        'order by "timestamp" desc, id desc limit $4 offset $5',
        c_columns
    )
    using
        get_mentor_audit_history.mentor_id, coalesce(get_mentor_audit_history.since, '-infinity'), v_is_service,
        get_mentor_audit_history.page_limit, get_mentor_audit_history.page_offset;
end
$$;

comment on function public.get_mentor_audit_history is
'Lists what expiry runs did for one mentor, newest first.
A page beyond the end is empty. Callable by service_role and by coordinators of the mentor''s organisation. Errors:
PT404, 22023.';
revoke all on function public.get_mentor_audit_history from public, anon, authenticated, service_role;
grant execute on function public.get_mentor_audit_history to authenticated, service_role;
