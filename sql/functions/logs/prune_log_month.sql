-- Definer: the only way by which a part of a log goes. It trusts nothing that could have been changed: the partition is
-- the one with the month's bounds, whatever its name; the five years are written here; floor, holds and every entry
-- are looked at again, under a lock that lets nobody add to the month; and what changed of the guards is recorded first.
create or replace function private.prune_log_month(
    log_name text,
    month date,
    expected_rows bigint,
    expected_sha256 text,
    file_sha256 text
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $$
declare
    c_starts_at constant timestamptz := prune_log_month.month::timestamp at time zone 'utc';
    c_ends_at constant timestamptz := (prune_log_month.month + interval '1 month') at time zone 'utc';
    v_partition regclass;
    v_name text;
    v_state record;
    v_rows bigint;
    v_sha256 text;
begin
    perform private.mark_guards('look');
    select part.partition
    into v_partition
    from private.log_partitions(prune_log_month.log_name) as part
    where part.starts_at = c_starts_at and part.ends_at = c_ends_at;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('%s has no month %s.', prune_log_month.log_name, prune_log_month.month),
            hint = 'Give the first day of a month that has a partition.';
    end if;
    -- With it, no hold can be set and no entry added until this is over.
    lock table public.legal_holds in share mode;
    v_name := v_partition::text;
    execute format('lock table %s in access exclusive mode', v_name);

    select found.is_past_floor, found.is_held
    into v_state
    from private.log_months() as found
    where found.log_name = prune_log_month.log_name and found.month = prune_log_month.month;
    if c_ends_at > now() - interval '60 months' or not coalesce(v_state.is_past_floor, false) then
        raise exception using
            errcode = 'PL005',
            message = format('%s of %s must be kept.', prune_log_month.month, prune_log_month.log_name),
            hint = 'Only whole months that are older than the log''s retention can be removed.';
    end if;
    if coalesce(v_state.is_held, true) then
        raise exception using
            errcode = 'PL005',
            message = format('%s of %s is under a legal hold.', prune_log_month.month, prune_log_month.log_name),
            hint = 'See public.legal_holds; the month can go when the hold is lifted.';
    end if;

    select count(*), encode(sha256(coalesce(string_agg(sha256(convert_to(entry.line, 'UTF8')), '' order by entry.number), '')), 'hex')
    into v_rows, v_sha256
    from private.read_log_month(prune_log_month.log_name, prune_log_month.month)
    with ordinality as entry (line, number);
    if v_rows is distinct from prune_log_month.expected_rows or v_sha256 is distinct from prune_log_month.expected_sha256 then
        raise exception using
            errcode = '22023',
            message = format('The archive is not what %s of %s holds now.', prune_log_month.month, prune_log_month.log_name),
            detail = format('%s entries, archived: %s.', v_rows, prune_log_month.expected_rows),
            hint = 'An entry was added since, or the file is of another log or month. Nothing was removed; archive the month again.';
    end if;

    execute format('alter table public.%I detach partition %s', prune_log_month.log_name, v_name);
    execute format('drop table %s', v_name);
    perform private.record_security_event(
        'log_archived', prune_log_month.log_name,
        details => jsonb_build_object(
            'object', v_name,
            'month', prune_log_month.month,
            'entries', v_rows,
            'entries_sha256', v_sha256,
            'file_sha256', substring(prune_log_month.file_sha256 from '^[0-9a-f]{64}$')
        )
    );
    perform private.mark_guards('archive');
end
$$;

comment on function private.prune_log_month is
'Removes an archived month of a log and records that. Errors: PL005 below the retention floor or under a legal hold, '
'22023 when the month is not what was archived, PT404. For the runner.';
revoke all on function private.prune_log_month from public, anon, authenticated, service_role;
