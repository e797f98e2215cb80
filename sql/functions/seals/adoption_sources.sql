-- The default partition of a log comes first: what is moved out of it later has its leaf by then.
create or replace function private.adoption_sources(
    adopting_after text,
    enough_bytes bigint
)
returns table (
    position_key text,
    log_name text,
    condition text,
    is_last boolean
)
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        running.position_key,
        running.log_name,
        running.condition,
        running.number = running.number_in_all
    from (
        select
            part.position_key,
            part.log_name,
            part.condition,
            row_number() over (order by part.position_key) as number,
            count(*) over () as number_in_all,
            sum(part.bytes) over (order by part.position_key) - part.bytes as bytes_before
        from (
            select
                (
                    to_char(code.log_code, 'FM00000') || '/'
                    || case when month.first_day is null then '0' else '1' end || '/' || child.relname
                ) collate "C" as position_key,
                code.log_name,
                -- A month by its times, which leaves out the other partitions before they are read.
                case
                    when month.first_day is null then format('entry.tableoid = %s::oid', child.oid)
                    else format(
                        'entry.%1$I >= %2$L::timestamptz and entry.%1$I < %3$L::timestamptz', log.time_column,
                        month.first_day::date::text || ' 00:00:00+00',
                        (month.first_day + interval '1 month')::date::text || ' 00:00:00+00'
                    )
                end as condition,
                pg_relation_size(child.oid) as bytes
            from private.seal_codes as code
            inner join private.logs as log on log.log_name = code.log_name
            inner join pg_inherits as inherited on inherited.inhparent = format('public.%I', code.log_name)::regclass
            inner join pg_class as child on child.oid = inherited.inhrelid
            cross join lateral (
                select
                    case
                        when child.relname ~ ('^' || code.log_name || '_[0-9]{4}_[0-9]{2}$')
                            then to_date(right(child.relname, 7), 'YYYY_MM')::timestamp
                    end as first_day
            ) as month
        ) as part
        where part.bytes > 0 and part.position_key > adoption_sources.adopting_after collate "C"
    ) as running
    where running.bytes_before < adoption_sources.enough_bytes
    order by running.position_key
$$;

comment on function private.adoption_sources is
'The partitions of the logs, after that one, whose entries are adopted together: so many that they have enough bytes.
is_last: none comes after it. For private.seal_logs only.';
revoke all on function private.adoption_sources from public, anon, authenticated, service_role;
