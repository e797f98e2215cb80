create or replace function private.find_bad_lines(
    table_name text,
    source text,
    condition text,
    column_name text,
    reason text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format(
        'insert into load_findings (table_name, line_number, column_name, kind, reason) '
        'select $1, staged.line_number, $2, ''rejected'', $3 from %I as staged where %s',
        find_bad_lines.source, find_bad_lines.condition
    )
    using find_bad_lines.table_name, find_bad_lines.column_name, find_bad_lines.reason;
exception
    -- The question itself failed on some value. The statement that writes the lines finds which.
    when data_exception then
        null;
end
$$;

comment on function private.find_bad_lines is
'Adds a finding for each line of a temporary table for which the condition, SQL of our own, holds. For peerledger load only.';
revoke all on function private.find_bad_lines from public, anon, authenticated, service_role;
