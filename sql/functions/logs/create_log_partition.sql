create or replace procedure private.create_log_partition(
    log_name text,
    month date
)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text := concat_ws(
        '_', create_log_partition.log_name, coalesce(to_char(create_log_partition.month, 'YYYY_MM'), 'default')
    );
begin
    if exists (
        select
        from private.log_partitions(create_log_partition.log_name) as part
        where
            case
                when create_log_partition.month is null then part.is_default
                else
                    part.starts_at <= create_log_partition.month::timestamp at time zone 'utc'
                    and part.ends_at >= (create_log_partition.month + interval '1 month') at time zone 'utc'
            end
    ) then
        return;
    end if;
    if to_regclass(format('private.%I', v_name)) is not null then
        raise exception using
            errcode = '42P07',
            message = format('private.%s is there and is no partition of %s.', v_name, create_log_partition.log_name),
            hint = 'Somebody detached it, or made it by hand. Look at what is in it; attach it, or rename it.';
    end if;

    -- Made and locked down first and attached then: CREATE … PARTITION OF would stop every insert into the
    -- log, attaching stops those into the default partition only.
    execute format(
        'create table private.%I (like public.%I including defaults including constraints including storage)',
        v_name, create_log_partition.log_name
    );
    call private.close_table(format('private.%I', v_name)::regclass);
    call private.guard_log(format('private.%I', v_name)::regclass);
    execute format(
        'alter table public.%I attach partition private.%I %s', create_log_partition.log_name, v_name,
        case
            when create_log_partition.month is null then 'default'
            -- Months are cut at midnight UTC, whatever the session's time zone.
            else format(
                'for values from (%L) to (%L)',
                create_log_partition.month::text || ' 00:00:00+00',
                (create_log_partition.month + interval '1 month')::date::text || ' 00:00:00+00'
            )
        end
    );
end
$$;

comment on procedure private.create_log_partition is
'Makes the partition of a log for a month (its first day), or the default one (null), locked down like the '
'log itself. Does nothing when it is there; fails when the default one has entries of that month, see '
'private.split_default_partition. Error: 42P07 when a table that is no partition has its name. For the owner role only.';
revoke all on procedure private.create_log_partition from public, anon, authenticated, service_role;
