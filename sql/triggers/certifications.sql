-- Each change of a certificate is on record, whoever makes it, or it is refused.

-- Its log would have no end.
create or replace trigger _050_keep_id
before update on public.certifications
for each row when (old.id <> new.id)
execute function private.tg_all__keep_id();

create or replace trigger _600_record_changes_inserted
after insert on public.certifications
referencing new table as new_rows
for each statement execute function private.tg_certifications__record_changes();

create or replace trigger _600_record_changes_updated
after update on public.certifications
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_certifications__record_changes();

create or replace trigger _600_record_changes_deleted
after delete on public.certifications
referencing old table as old_rows
for each statement execute function private.tg_certifications__record_changes();
