create or replace function private.drop_bad_lines(
    table_name text,
    source text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'delete from %I as staged where staged.line_number in (select finding.line_number from load_findings as finding '
        'where finding.table_name = $1 and finding.kind = ''rejected'')',
        drop_bad_lines.source
    )
    using drop_bad_lines.table_name;
end
$$;

comment on function private.drop_bad_lines is
'Takes the rejected lines out of a temporary table, once all that is wrong with them has been found. For peerledger load only.';
revoke all on function private.drop_bad_lines from public, anon, authenticated, service_role;
