create or replace procedure private.create_log_partition(
    log_name text,
    month date
)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text := format('%s_%s', log_name, coalesce(to_char(month, 'YYYY_MM'), 'default'));
begin
    if to_regclass(format('private.%I', v_name)) is not null then
        return;
    end if;

    if month is null then
        execute format('create table private.%I partition of public.%I default', v_name, log_name);
    else
        -- Months are cut at midnight UTC, whatever the session's time zone.
        execute format(
            'create table private.%I partition of public.%I for values from (%L) to (%L)',
            v_name, log_name, month::text || ' 00:00:00+00', (month + interval '1 month')::date::text || ' 00:00:00+00'
        );
    end if;
    call private.close_table(format('private.%I', v_name)::regclass);
    call private.guard_log(format('private.%I', v_name)::regclass);
end
$$;

comment on procedure private.create_log_partition is
'Makes the partition of a log for a month (its first day), or the default one (null), locked down like the '
'log itself. Does nothing when it is there. For the owner role only.';
revoke all on procedure private.create_log_partition from public, anon, authenticated, service_role;
