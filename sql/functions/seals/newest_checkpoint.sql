create or replace function private.newest_checkpoint()
returns table (
    origin text,
    tree_size bigint,
    root text,
    key_id text
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
rows 1
as $$
    select
        split_part(newest.note, e'\n', 1),
        newest.tree_size,
        encode(decode(split_part(newest.note, e'\n', 3), 'base64'), 'hex'),
        -- A signature line: a dash, the name, and in base64 the id of the key before the signature.
        encode(substring(decode(nullif(split_part(split_part(newest.note, e'\n', 5), ' ', 3), ''), 'base64') from 1 for 4), 'hex')
    from private.seal_checkpoints as newest
    order by newest.tree_size desc
    limit 1
$$;

comment on function private.newest_checkpoint is
'The newest checkpoint as it is told to people: root and key id in hex, the key id null when it is not signed; no row before
the first one. For our functions only.';
revoke all on function private.newest_checkpoint from public, anon, authenticated, service_role;
