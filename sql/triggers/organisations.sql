-- An organisation that is created, deleted, moved to another time zone or given another slug is on record.

-- Its log would have no end.
create or replace trigger _050_keep_id
before update on public.organisations
for each row when (old.id <> new.id)
execute function private.tg_all__keep_id();

create or replace trigger _600_record_changes_inserted
after insert on public.organisations
referencing new table as new_rows
for each statement execute function private.tg_organisations__record_changes();

create or replace trigger _600_record_changes_updated
after update on public.organisations
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_organisations__record_changes();

create or replace trigger _600_record_changes_deleted
after delete on public.organisations
referencing old table as old_rows
for each statement execute function private.tg_organisations__record_changes();
