-- Definer: the only way by which a part of a log goes. It trusts the archive's manifest in nothing: floor, holds and
-- every entry are looked at again, under a lock that lets nobody add to the month.
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
    v_partition text := format('%s_%s', prune_log_month.log_name, to_char(prune_log_month.month, 'YYYY_MM'));
    v_state record;
    v_rows bigint;
    v_sha256 text;
begin
    if not exists (select from private.logs as log where log.log_name = prune_log_month.log_name)
        or not exists (
            select
            from pg_inherits as part
            where
                part.inhparent = to_regclass(format('public.%I', prune_log_month.log_name))
                and part.inhrelid = to_regclass(format('private.%I', v_partition))
        )
    then
        raise exception using
            errcode = 'PT404',
            message = format('%s has no month %s.', prune_log_month.log_name, prune_log_month.month),
            hint = 'Give the first day of a month that has a partition.';
    end if;
    -- With it, no hold can be set and no entry added until this is over.
    lock table public.legal_holds in share mode;
    execute format('lock table private.%I in access exclusive mode', v_partition);

    select found.is_past_floor, found.is_held
    into v_state
    from private.log_months() as found
    where found.log_name = prune_log_month.log_name and found.month = prune_log_month.month;
    if not coalesce(v_state.is_past_floor, false) then
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
            hint = 'An entry came in since, or the file is another''s. Nothing was removed; archive the month again.';
    end if;

    execute format('alter table public.%I detach partition private.%I', prune_log_month.log_name, v_partition);
    execute format('drop table private.%I', v_partition);
    delete from private.log_guard_marks as known
    where known.relation_name = v_partition;
    perform private.record_security_event(
        'log_archived', prune_log_month.log_name,
        details => jsonb_build_object(
            'month', prune_log_month.month,
            'entries', v_rows,
            'entries_sha256', v_sha256,
            'file_sha256', substring(prune_log_month.file_sha256 from '^[0-9a-f]{64}$')
        )
    );
end
$$;

comment on function private.prune_log_month is
'Removes an archived month of a log and records that. Errors: PL005 below the retention floor or under a legal hold, '
'22023 when the month is not what was archived, PT404. For the runner.';
revoke all on function private.prune_log_month from public, anon, authenticated, service_role;
