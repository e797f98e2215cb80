-- No replayed file is noted as applied any more: the next migration, or the script that follows, replays them all.
delete from private.sql_files
where kind = 'object';
