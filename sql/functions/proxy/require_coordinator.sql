-- Definer: reads the assignments of whom a service call speaks for.
create or replace function private.require_coordinator(
    coordinator_id uuid
)
returns uuid
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_coordinator_id uuid := private.caller_id();
begin
    if private.is_service_call() then
        v_coordinator_id := coalesce(require_coordinator.coordinator_id, v_coordinator_id);
        if v_coordinator_id is null then
            raise exception using
                errcode = '22023',
                message = 'coordinator_id is required when calling with the service role.',
                hint = 'Pass coordinator_id, or the coordinator''s own token.';
        end if;
    elsif coalesce(require_coordinator.coordinator_id <> v_coordinator_id, false) then
        raise exception using
            errcode = '42501',
            message = 'You can register only as yourself.',
            hint = 'Leave coordinator_id out.';
    end if;

    if not exists (
        select
        from public.coordinator_assignments as assignment
        where assignment.user_id = v_coordinator_id
    ) then
        raise exception using
            errcode = '42501',
            message = 'Only a coordinator can register on behalf of a mentor.',
            hint = 'A mentor registers their own activities directly. Coordinators are appointed in coordinator_assignments.';
    end if;
    return v_coordinator_id;
end
$$;

comment on function private.require_coordinator is
'The coordinator on whose word something is registered: the caller, or whom a service call names. Errors: 42501, 22023.
For our functions only.';
revoke all on function private.require_coordinator from public, anon, authenticated, service_role;
