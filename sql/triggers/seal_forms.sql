-- Insert only, like a log: for everybody, as a statement and for each row, in replica sessions too.
call private.guard_log('private.seal_forms');

create or replace trigger _200_no_row_change
before update or delete on private.seal_forms
for each row execute function private.refuse_log_change();
alter table private.seal_forms enable always trigger _200_no_row_change;
