-- How long a log is kept is never lowered below the floor, by anybody.

create or replace trigger _100_keep_log_floor
before update or delete on private.logs
for each row execute function private.tg_logs__keep_floor();
alter table private.logs enable always trigger _100_keep_log_floor;

create or replace trigger _110_keep_log_floors
before truncate on private.logs
for each statement execute function private.tg_logs__keep_floor();
alter table private.logs enable always trigger _110_keep_log_floors;
