-- Insert only, like a log: for everybody, as a statement and for each row, in replica sessions too.
call private.guard_log('private.activity_baseline');

create or replace trigger _200_no_row_change
before update or delete on private.activity_baseline
for each row execute function private.refuse_log_change();
alter table private.activity_baseline enable always trigger _200_no_row_change;
