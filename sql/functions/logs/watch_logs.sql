-- An alert that cannot be written fails the upkeep: what it speaks of is not marked as seen, and is found again.
create or replace function private.watch_logs()
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_seen record;
begin
    for v_seen in
        select
            coalesce(guard.log_name, known.log_name) as log_name,
            count(*) filter (where guard.mark <> known.mark) as changed,
            count(*) filter (where guard.mark is null) as gone,
            string_agg(guard.relation_name || ': ' || guard.problem, '; ') filter (where guard.problem <> '') as problems
        from private.log_guards() as guard
        full join private.log_guard_marks as known on known.relation_name = guard.relation_name
        group by 1
    loop
        if v_seen.changed > 0 then
            perform private.record_security_event(
                'log_guards_changed', v_seen.log_name,
                details => jsonb_build_object('relations', v_seen.changed, 'all_in_place', v_seen.problems is null)
            );
        end if;
        if v_seen.gone > 0 then
            perform private.record_security_event(
                'log_partition_missing', v_seen.log_name, details => jsonb_build_object('partitions', v_seen.gone)
            );
            perform private.write_alert(
                'log_partition_missing',
                'critical',
                format('%s partitions of %s are gone, and no archive took them.', v_seen.gone, v_seen.log_name),
                'log_partition_missing:' || v_seen.log_name
            );
        end if;
        if v_seen.problems is not null then
            perform private.write_alert(
                'log_guards_missing',
                'critical',
                format('The guards of %s are not all in place. See `peerledger status`.', v_seen.log_name),
                'log_guards_missing:' || v_seen.log_name
            );
        end if;
    end loop;

    delete from private.log_guard_marks as known
    where not exists (select from private.log_guards() as guard where guard.relation_name = known.relation_name);
    insert into private.log_guard_marks (relation_name, log_name, mark)
    select guard.relation_name, guard.log_name, guard.mark
    from private.log_guards() as guard
    on conflict (relation_name) do update
    set mark = excluded.mark
    where log_guard_marks.mark <> excluded.mark;

    perform private.write_alert(
        'log_partitions_low',
        'critical',
        format('%s has partitions for %s more months. Run `peerledger migrate`.', ahead.log_name, ahead.months),
        'log_partitions_low:' || ahead.log_name
    )
    from private.log_months_ahead() as ahead
    where ahead.months < 2;

    -- One a day: who acknowledges yesterday's shall hear of today's.
    perform private.write_alert(
        'log_change_refused',
        'critical',
        format('Somebody tried to change a log %s times on %s and was refused. See security_events.', refused.attempts, refused.day),
        'log_change_refused:' || refused.day
    )
    from (
        select (event.occurred_at at time zone 'utc')::date as day, count(*) as attempts
        from public.security_events as event
        where event.event_kind = 'log_change_refused' and event.occurred_at > now() - interval '2 days'
        group by 1
    ) as refused
    where not exists (select from public.ops_alerts as alert where alert.dedupe_key = 'log_change_refused:' || refused.day);
end
$$;

comment on function private.watch_logs is
'Compares the guards of the logs with what they were when last seen: every change becomes an entry of '
'security_events, also one undone since; a missing partition or guard, too few months ahead, or a refused attempt to change a log, an alert. '
'For our functions only.';
revoke all on function private.watch_logs from public, anon, authenticated, service_role;
