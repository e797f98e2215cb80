-- Two temporary tables carry a file into its table, both gone with the transaction:
--   staged_lines   the lines as they were read, all text; the runner fills it by COPY
--   typed_lines    those that passed private.check_staged_lines, with the types of the table
-- and load_findings collects what was found of all files: kind rejected, different or updated.
create or replace function private.stage_lines(
    columns text[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    create temp table if not exists load_findings (
        table_name text not null,
        line_number bigint not null,
        column_name text not null,
        kind text not null,
        reason text not null
    ) on commit drop;
    drop table if exists staged_lines, typed_lines;
    execute format(
        'create temp table staged_lines (line_number bigint primary key, %s) on commit drop',
        (select string_agg(format('%I text', given.name), ', ' order by given.position)
        from unnest(stage_lines.columns) with ordinality as given (name, position))
    );
end
$$;

comment on function private.stage_lines is
'Makes the temporary tables for the lines of one file with these columns. For peerledger load only.';
revoke all on function private.stage_lines from public, anon, authenticated, service_role;
