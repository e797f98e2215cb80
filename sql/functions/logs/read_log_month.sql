-- Definer: reads the log as its owner.
create or replace function private.read_log_month(
    log_name text,
    month date
)
returns setof text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
-- The text of an entry depends on these three.
set timezone = 'UTC'
set extra_float_digits = 1
set bytea_output = 'hex'
as $$
declare
    v_time_column text;
begin
    select log.time_column
    into v_time_column
    from private.logs as log
    where log.log_name = read_log_month.log_name;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no log %s.', read_log_month.log_name),
            hint = 'The logs are listed in private.logs.';
    end if;
    return query execute format(
        'select %3$s from public.%1$I as entry '
        'left join private.sealed_entries as sealed on sealed.entry_time = entry.%2$I and sealed.entry_id = entry.id '
        'and sealed.log_code = (select code.log_code from private.seal_codes as code where code.log_name = %1$L) '
        'where entry.%2$I >= $1 and entry.%2$I < $2 order by entry.%2$I, entry.id',
        read_log_month.log_name, v_time_column,
        private.entry_line_sql(read_log_month.log_name, 'entry', 'sealed.leaf_index')
    )
    using
        read_log_month.month::timestamp at time zone 'utc',
        (read_log_month.month + interval '1 month') at time zone 'utc';
end
$$;

comment on function private.read_log_month is
'The entries of a log''s month in their canonical form, as a line of JSON each, by time and id. Error: PT404. For the runner.';
revoke all on function private.read_log_month from public, anon, authenticated, service_role;
