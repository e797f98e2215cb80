-- A note is written and rewritten, and stays with its activity.

-- As on activities: one statement at a time.
create or replace trigger _030_take_turns
before insert or update on public.activity_notes
for each statement
when (
    not (pg_has_role(current_user, 'service_role', 'usage') or pg_has_role(current_user, 'peerledger_owner', 'usage'))
)
execute function private.tg_all__take_turns();

-- A client's upsert may name these columns.
create or replace trigger _050_refuse_new_identity
before update on public.activity_notes
for each row
when (
    (old.activity_id, old.organisation_id) is distinct from (new.activity_id, new.organisation_id)
    and not pg_has_role(current_user, 'service_role', 'usage')
    and not pg_has_role(current_user, 'peerledger_owner', 'usage')
)
execute function private.tg_activity_notes__refuse_new_identity();
