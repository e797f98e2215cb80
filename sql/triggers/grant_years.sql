-- A year is closed on record, or not at all. The entry holds the count, the points and the sha256 of the list.

create or replace trigger _100_keep_closed
before update or delete on public.grant_years
for each row execute function private.tg_grant_years__keep_closed();

create or replace trigger _600_record_changes_inserted
after insert on public.grant_years
referencing new table as new_rows
for each statement execute function private.tg_grant_years__record_changes();
