-- A client's upsert sends all columns, so it may name these; it may not change them. Who did what, on whose
-- word, is changed through update_proxy_activity, which knows the scope of both mentors.
create or replace function private.tg_activities__refuse_new_identity()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = '42501',
        message = 'The id, organisation, mentor and coordinator of an activity are not changed by an update.',
        hint = 'A coordinator moves a proxy activity to another mentor with update_proxy_activity; anything else is '
            'voided and registered anew.';
end
$$;

comment on function private.tg_activities__refuse_new_identity is
'Trigger function of activities: refuses a client that would change whose activity it is. Error: 42501.';
revoke all on function private.tg_activities__refuse_new_identity from public, anon, authenticated, service_role;
