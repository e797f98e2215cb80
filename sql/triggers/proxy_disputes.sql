-- A dispute is opened and settled on record, or not at all.

-- Its log would have no end.
create or replace trigger _050_keep_id
before update on public.proxy_disputes
for each row when ((old.id, old.activity_id) <> (new.id, new.activity_id))
execute function private.tg_all__keep_id();

create or replace trigger _600_record_changes_inserted
after insert on public.proxy_disputes
referencing new table as new_rows
for each statement execute function private.tg_proxy_disputes__record_changes();

create or replace trigger _600_record_changes_updated
after update on public.proxy_disputes
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_proxy_disputes__record_changes();

create or replace trigger _600_record_changes_deleted
after delete on public.proxy_disputes
referencing old table as old_rows
for each statement execute function private.tg_proxy_disputes__record_changes();
