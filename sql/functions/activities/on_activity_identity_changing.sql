-- A client's upsert sends all columns, so it may name these; it may not change them. Who did what, on whose
-- word, is changed through update_proxy_activity, which knows the scope of both mentors.
create or replace function private.on_activity_identity_changing()
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

comment on function private.on_activity_identity_changing is
'Trigger function of activities: refuses a client that would change whose activity it is. Error: 42501.';
revoke all on function private.on_activity_identity_changing from public, anon, authenticated, service_role;

create or replace trigger _050_refuse_new_identity
before update on public.activities
for each row
when (
    (old.id, old.organisation_id, old.mentor_id, old.coordinator_id)
    is distinct from (new.id, new.organisation_id, new.mentor_id, new.coordinator_id)
    and not pg_has_role(current_user, 'service_role', 'usage')
    and not pg_has_role(current_user, 'peerledger_owner', 'usage')
)
execute function private.on_activity_identity_changing();
