create or replace function private.leaf_hash(
    log_name text,
    line text
)
returns bytea
language sql
immutable
security invoker
as $$
    select sha256(
        '\x00'::bytea
        || convert_to('peerledger/entry/v1' || chr(10) || leaf_hash.log_name || chr(10) || leaf_hash.line, 'UTF8')
    )
$$;

comment on function private.leaf_hash is
'The leaf of an entry: SHA-256 of 0x00, "peerledger/entry/v1", the log''s name and the entry''s line, a newline between
them. Inlined into the statements that seal and verify. For our functions only.';
revoke all on function private.leaf_hash from public, anon, authenticated, service_role;
