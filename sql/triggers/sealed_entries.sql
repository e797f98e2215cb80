-- Insert only, like a log: for everybody, as a statement and for each row, in replica sessions too.
call private.guard_log('private.sealed_entries');

create or replace trigger _200_no_row_change
before update or delete on private.sealed_entries
for each row execute function private.refuse_log_change();
alter table private.sealed_entries enable always trigger _200_no_row_change;
