-- What was applied, by content. The runner runs this first, as the migrating role; it changes nothing
-- that is there.
create schema if not exists private;

create table if not exists private.sql_files (
    path text primary key,
    kind text not null,
    sha256 text not null,
    applied_at timestamptz not null default now(),
    constraint kind_is_known check (kind in ('migration', 'object')),
    constraint sha256_is_a_hash check (sha256 ~ '^[0-9a-f]{64}$')
);
comment on table private.sql_files is
'The applied SQL files and the hash of each as it was applied. Kept by the runner.';
comment on column private.sql_files.kind is
'migration: applied once and never edited; object: applied again whenever its text changes.';
