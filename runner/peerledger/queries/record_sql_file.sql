-- Notes that a file is applied. A migration that is noted already stays as it was noted.
insert into private.sql_files (path, kind, sha256)
values (%(path)s, %(kind)s, %(sha256)s)
on conflict (path) do update set sha256 = excluded.sha256, applied_at = now()
where sql_files.kind = 'object';
