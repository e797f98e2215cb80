-- The last tile of a level grows; nothing else ever changes, in replica sessions too.
create or replace trigger _100_only_grows
before update or delete on private.seal_tiles
for each row execute function private.tg_seal_tiles__only_grow();
alter table private.seal_tiles enable always trigger _100_only_grows;

create or replace trigger _110_no_truncate
before truncate on private.seal_tiles
for each statement execute function private.refuse_log_change();
alter table private.seal_tiles enable always trigger _110_no_truncate;
