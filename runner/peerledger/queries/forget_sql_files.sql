-- These files are not applied any more.
delete from private.sql_files
where path = any (%(paths)s);
