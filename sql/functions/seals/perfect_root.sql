-- Halves the hashes until one is left: each round is one pass over the whole, not a loop over rows.
create or replace function private.perfect_root(
    hashes bytea
)
returns bytea
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- A value of its own: slices of a stored one would be read from disk one by one.
    v_hashes bytea := perfect_root.hashes || ''::bytea;
begin
    while length(v_hashes) > 32 loop
        select string_agg(sha256('\x01'::bytea || substring(v_hashes from pair * 64 + 1 for 64)), ''::bytea order by pair)
        into v_hashes
        from generate_series(0, length(v_hashes) / 64 - 1) as pair;
    end loop;
    return v_hashes;
end
$$;

comment on function private.perfect_root is
'The root over 1, 2, 4, 8 … hashes that stand one after the other (RFC 9162). For our functions only.';
revoke all on function private.perfect_root from public, anon, authenticated, service_role;
