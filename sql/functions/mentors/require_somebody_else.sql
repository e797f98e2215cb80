create or replace function private.require_somebody_else(
    mentor_id uuid
)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if not private.is_service_call() and require_somebody_else.mentor_id in (select private.my_mentor_ids()) then
        raise exception using
            errcode = '42501',
            message = 'A coordinator cannot do this for themselves.',
            hint = 'Ask another coordinator of your organisation.';
    end if;
end
$$;

comment on function private.require_somebody_else is
'Passes when the mentor is not the caller: two pairs of eyes, also where the caller coordinates the mentor''s chapter.
Error: 42501. For our functions only.';
revoke all on function private.require_somebody_else from public, anon, authenticated, service_role;
