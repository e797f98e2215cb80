create or replace function private.list_root(
    hashes bytea
)
returns bytea
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count int := coalesce(length(list_root.hashes), 0) / 32;
    v_taken int := 0;
    v_width int;
    v_parts bytea[] := array[]::bytea[];
    v_root bytea;
begin
    if v_count = 0 then
        return sha256(''::bytea);
    end if;
    -- The binary digits of the number of hashes are the perfect trees that it is made of, the largest first.
    for v_bit in reverse 30..0 loop
        v_width := 1 << v_bit;
        if v_count & v_width > 0 then
            v_parts := v_parts || private.perfect_root(substring(list_root.hashes from v_taken * 32 + 1 for v_width * 32));
            v_taken := v_taken + v_width;
        end if;
    end loop;
    v_root := v_parts[cardinality(v_parts)];
    for v_part in reverse cardinality(v_parts) - 1..1 loop
        v_root := sha256('\x01'::bytea || v_parts[v_part] || v_root);
    end loop;
    return v_root;
end
$$;

comment on function private.list_root is
'The root over any number of hashes that stand one after the other (RFC 9162). For our functions only.';
revoke all on function private.list_root from public, anon, authenticated, service_role;
