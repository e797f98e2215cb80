-- What follows from a new mentor or a changed status, in firing order.
--
--   insert   _500 the website is to list them, or not
--   update   _050 (before) what only functions may change stays · _900 (before) status_changed_at is stamped
--            _500_record the history of statuses · _500_sync the website is to follow
--   any      _600_record where they belong and who may act as them

-- Its log would have no end.
create or replace trigger _050_keep_id
before update on public.peer_mentors
for each row when (old.id <> new.id)
execute function private.tg_all__keep_id();

-- Status, identity and times: the service role may name them, and not change them.
create or replace trigger _050_refuse_protected_columns
before update on public.peer_mentors
for each row when (not pg_has_role(current_user, 'peerledger_owner', 'usage'))
execute function private.tg_peer_mentors__refuse_protected_columns();

-- Not "of status": another trigger could change it too.
create or replace trigger _900_status_changed_at
before update on public.peer_mentors
for each row when (new.status is distinct from old.status)
execute function private.tg_peer_mentors__stamp_status_changed_at();

-- An entry in mentor_status_changes, whatever changed the status.
create or replace trigger _500_record_status_changes
after update on public.peer_mentors
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_peer_mentors__record_status_changes();

-- What the website should show (hlf_sync_state); if it cannot be queued the change is refused.
create or replace trigger _500_sync_website_inserted
after insert on public.peer_mentors
referencing new table as new_rows
for each statement execute function private.tg_peer_mentors__queue_inserted();

create or replace trigger _500_sync_website_updated
after update on public.peer_mentors
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_peer_mentors__queue_changed();

-- Where mentors belong and who may act as them is on record, or refused.
create or replace trigger _600_record_changes_inserted
after insert on public.peer_mentors
referencing new table as new_rows
for each statement execute function private.tg_peer_mentors__record_changes();

create or replace trigger _600_record_changes_updated
after update on public.peer_mentors
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_peer_mentors__record_changes();

create or replace trigger _600_record_changes_deleted
after delete on public.peer_mentors
referencing old table as old_rows
for each statement execute function private.tg_peer_mentors__record_changes();
