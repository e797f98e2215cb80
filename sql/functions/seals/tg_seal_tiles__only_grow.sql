create or replace function private.tg_seal_tiles__only_grow()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'DELETE'
        or new.level <> old.level
        or new.tile <> old.tile
        or substring(new.hashes for length(old.hashes)) <> old.hashes
    then
        raise exception using
            errcode = '42501',
            message = 'A tile of the tree only grows at its end.',
            hint = 'A leaf is never changed, also when its entry was wrong: write another entry.';
    end if;
    return new;
end
$$;

comment on function private.tg_seal_tiles__only_grow is
'Trigger function of private.seal_tiles: hashes are added and never changed or removed. Error: 42501.';
revoke all on function private.tg_seal_tiles__only_grow from public, anon, authenticated, service_role;
