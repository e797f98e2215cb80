-- The default partition caught entries of months that had no partition; with those in it, none can be made.
-- Nothing is deleted: the default partition is taken out whole, its entries are added to the log again and fall
-- into their months, and it is dropped when each of them has been found there.
create or replace procedure private.split_default_partition(
    log_name text,
    months date[]
)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_default regclass := (
        select part.partition
        from private.log_partitions(split_default_partition.log_name) as part
        where part.is_default
    );
    v_name text := v_default::text;
    v_old text := format('private.%I', split_default_partition.log_name || '_split');
    v_columns text;
    v_month date;
    v_expected bigint;
    v_moved bigint;
    v_found bigint;
begin
    execute format('lock table %s in access exclusive mode', v_name);
    -- Counted through the log, whose policy lets us read: what is moved below must be as many.
    execute format(
        'select count(*) from public.%I where tableoid = $1', split_default_partition.log_name
    ) into v_expected using v_default;

    execute format('alter table public.%I detach partition %s', split_default_partition.log_name, v_name);
    execute format('alter table %s rename to %I', v_name, split_default_partition.log_name || '_split');
    -- A table of its own now, without any policy: forced, its own owner would see no row of it.
    execute format('alter table %s no force row level security', v_old);
    foreach v_month in array split_default_partition.months loop
        call private.create_log_partition(split_default_partition.log_name, v_month);
    end loop;
    call private.create_log_partition(split_default_partition.log_name, null);

    select string_agg(quote_ident(log_column.attname), ', ' order by log_column.attnum)
    into v_columns
    from pg_attribute as log_column
    where
        log_column.attrelid = format('public.%I', split_default_partition.log_name)::regclass
        and log_column.attnum > 0
        and not log_column.attisdropped;
    execute format(
        'insert into public.%1$I (%2$s) select %2$s from %3$s', split_default_partition.log_name, v_columns, v_old
    );
    get diagnostics v_moved = row_count;
    execute format(
        'select count(*) from %1$s as old inner join public.%2$I as entry '
        'on entry.id = old.id and entry.%3$I = old.%3$I and to_jsonb(entry) = to_jsonb(old)',
        v_old, split_default_partition.log_name,
        (select log.time_column from private.logs as log where log.log_name = split_default_partition.log_name)
    ) into v_found;
    if v_moved is distinct from v_expected or v_found is distinct from v_expected then
        raise exception using
            errcode = 'PL005',
            message = format(
                'Of %s entries in the default partition of %s only %s would be kept as they are.',
                v_expected, split_default_partition.log_name, least(v_moved, v_found)
            ),
            hint = 'Nothing was changed. Look at what is in the default partition.';
    end if;
    execute format('drop table %s', v_old);
    perform private.record_security_event(
        'log_default_split', split_default_partition.log_name,
        details => jsonb_build_object(
            'object', v_name, 'entries', v_moved, 'months', to_jsonb(split_default_partition.months)
        )
    );
end
$$;

comment on procedure private.split_default_partition is
'Makes the partitions of months (their first days) whose entries are in the default partition, and moves them '
'there. Error: PL005 when an entry would not come through unchanged. For the owner role only.';
revoke all on procedure private.split_default_partition from public, anon, authenticated, service_role;
