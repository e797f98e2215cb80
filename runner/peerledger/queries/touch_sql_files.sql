-- So that something of this transaction says that it was ours: private.watch_logs() asks for it.
update private.sql_files
set applied_at = now()
where path = (select max(newest.path) from private.sql_files as newest);
