create or replace function private.left_width(
    leaves bigint
)
returns bigint
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$ select 1::bigint << (length(ltrim((left_width.leaves - 1)::bit(63)::text, '0')) - 1) $$;

comment on function private.left_width is
'The largest power of two below the number of leaves (two or more): where RFC 9162 cuts a tree. For our functions only.';
revoke all on function private.left_width from public, anon, authenticated, service_role;
