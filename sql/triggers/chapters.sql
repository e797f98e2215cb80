-- A chapter that is created or deleted is on record, or it is refused.

-- Its log would have no end.
create or replace trigger _050_keep_id
before update on public.chapters
for each row when (old.id <> new.id)
execute function private.tg_all__keep_id();

create or replace trigger _600_record_changes_inserted
after insert on public.chapters
referencing new table as new_rows
for each statement execute function private.tg_chapters__record_changes();

create or replace trigger _600_record_changes_deleted
after delete on public.chapters
referencing old table as old_rows
for each statement execute function private.tg_chapters__record_changes();
