-- A client's upsert sends all columns, so it may name these; it may not change them.
create or replace function private.tg_activity_notes__refuse_new_identity()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = '42501',
        message = 'A note stays with its activity: activity_id and organisation_id do not change.',
        hint = 'Only body can be changed. Write a new note for the other activity.';
end
$$;

comment on function private.tg_activity_notes__refuse_new_identity is
'Trigger function of activity_notes: refuses to move a note to another activity. Error: 42501.';
revoke all on function private.tg_activity_notes__refuse_new_identity from public, anon, authenticated, service_role;
