-- Definer: tells an activity without a history from a page beyond its end. Who may read the log may read the history of
-- an activity in it, also when the activity is gone.
create or replace function public.get_proxy_history(
    activity_id uuid,
    page_limit int default 1000,
    page_offset int default 0
)
returns setof public.proxy_activity_state
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_service boolean := private.is_service_call();
    v_organisation_ids uuid[] := array(select private.my_organisation_ids());
begin
    perform private.require_page(get_proxy_history.page_limit, get_proxy_history.page_offset);

    return query
    select
        state.changed_at,
        state.event_type,
        state.coordinator_id,
        state.snapshot,
        coalesce(
            (
                select jsonb_object_agg(
                    field.key, jsonb_build_object('old', state.snapshot_before -> field.key, 'new', field.value)
                )
                from jsonb_each(state.snapshot) as field
                where
                    -- That it changed is said by the entry itself.
                    field.key <> 'updated_at'
                    and field.value is distinct from state.snapshot_before -> field.key
                    and state.snapshot_before is not null
            ),
            '{}'
        ),
        count(*) over ()
    from (
        select
            log."timestamp" as changed_at,
            log.id,
            log.event_type,
            log.coordinator_id,
            log.payload_snapshot as snapshot,
            lag(log.payload_snapshot) over (order by log."timestamp", log.id) as snapshot_before
        from public.proxy_audit_log as log
        where
            log.proxy_activity_id = get_proxy_history.activity_id
            and (v_is_service or log.organisation_id = any (v_organisation_ids))
    ) as state
    order by state.changed_at, state.id
    limit get_proxy_history.page_limit
    offset get_proxy_history.page_offset;

    if
        not found
        and not exists (
            select
            from public.proxy_audit_log as log
            where
                log.proxy_activity_id = get_proxy_history.activity_id
                and (v_is_service or log.organisation_id = any (v_organisation_ids))
        )
    then
        raise exception using
            errcode = 'PT404',
            message = format('There is no history of an activity %s that you can see.', get_proxy_history.activity_id),
            hint = 'Only what was registered on a mentor''s behalf has one, for the coordinators of the organisation.';
    end if;
end
$$;

comment on function public.get_proxy_history is
'Lists every recorded state of an activity that was registered by proxy, oldest first.
Each has who made it, and what changed since the one before: {field: {old, new}}, empty for the first. Callable by
coordinators of the organisation and service_role. Error: PT404.';
revoke all on function public.get_proxy_history from public, anon, authenticated, service_role;
grant execute on function public.get_proxy_history to authenticated, service_role;
