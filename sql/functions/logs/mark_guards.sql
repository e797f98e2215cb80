-- Looks first: what changed since the last marks is recorded and raises an alert before it is taken for what it should
-- be, by whomever this is called. Three kinds of change are expected, and are listed in the entry of the new marks only:
-- what a migration did in this transaction, a partition that the upkeep made, and what an entry of this transaction
-- names already. An alert that cannot be written fails the caller; an entry that cannot be written leaves the marks as
-- they were, so that the change is found again.
create or replace function private.mark_guards(
    reason text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    c_most_entries constant int := 100;
    v_log_name text;
    v_changes jsonb;
    v_unexpected jsonb;
    v_change record;
    v_alert record;
    v_failure text;
begin
    -- One at a time: two would take each other's marks for somebody's work.
    lock table private.logs in share row exclusive mode;
    if mark_guards.reason = 'migrate' then
        -- A log that is new has nowhere yet to write to, and its first partition changes the log's own row.
        for v_log_name in
            select log.log_name
            from private.logs as log
        loop
            begin
                call private.create_log_partition(v_log_name, date_trunc('month', now() at time zone 'utc')::date);
            exception
                -- The upkeep says so and why.
                when others then
                    raise warning 'peerledger: this month of % could not be made (%)', v_log_name, sqlstate;
            end;
        end loop;
    end if;
    select jsonb_agg(changed order by changed.log_name, changed.object_name)
    into v_changes
    from private.guard_changes() as changed;
    if v_changes is null then
        return;
    end if;

    if mark_guards.reason = 'migrate' and exists (select from private.sql_files as file where file.applied_at = now()) then
        v_unexpected := '[]';
    else
        select coalesce(jsonb_agg(changed.content), '[]')
        into v_unexpected
        from jsonb_array_elements(v_changes) as changed (content)
        where not (mark_guards.reason = 'upkeep' and changed.content ->> 'change' = 'added');
    end if;

    begin
        if jsonb_array_length(v_unexpected) > 0 then
            select coalesce(jsonb_agg(changed.content), '[]')
            into v_unexpected
            from jsonb_array_elements(v_unexpected) as changed (content)
            where not exists (
                select
                from public.security_events as event
                where event.occurred_at >= now() and event.details ->> 'object' = changed.content ->> 'object_name'
            );
        end if;
        for v_change in
            select changed.*
            from jsonb_to_recordset(v_unexpected) as changed (object_name text, log_name text, change text, parts text[])
            limit c_most_entries
        loop
            perform private.record_security_event(
                case
                    when v_change.change = 'restored' then 'database_restored'
                    when v_change.change in ('gone', 'replaced') and v_change.log_name is not null
                        then 'log_partition_missing'
                    else 'log_guards_changed'
                end,
                v_change.log_name,
                details => jsonb_strip_nulls(
                    jsonb_build_object(
                        -- Whoever names a table can name it after somebody.
                        'object', private.mask_personal_data(v_change.object_name),
                        'change', v_change.change,
                        'parts', (
                            select jsonb_agg(private.mask_personal_data(part))
                            from unnest(v_change.parts[:c_most_entries]) as part
                        )
                    )
                )
            );
        end loop;
        if jsonb_array_length(v_unexpected) > c_most_entries then
            perform private.record_security_event(
                'log_guards_changed',
                details => jsonb_build_object(
                    'change', 'and more', 'objects', jsonb_array_length(v_unexpected) - c_most_entries
                )
            );
        end if;

        delete from private.log_guard_marks as marked
        where not exists (
            select from private.guard_versions() as present where present.object_name = marked.object_name
        );
        insert into private.log_guard_marks (object_name, log_name, parts)
        select present.object_name, present.log_name, present.parts
        from private.guard_versions() as present
        on conflict (object_name) do update
        set log_name = excluded.log_name, parts = excluded.parts
        where
            log_guard_marks.parts <> excluded.parts
            or log_guard_marks.log_name is distinct from excluded.log_name;
        perform private.record_security_event(
            'guards_marked',
            details => jsonb_build_object(
                'reason', mark_guards.reason,
                'marks_sha256', private.guard_marks_sha256(),
                'objects', (select count(*) from private.log_guard_marks),
                'changed', jsonb_array_length(v_changes),
                'first_changed', (
                    select jsonb_agg(private.mask_personal_data(changed.content ->> 'object_name'))
                    from jsonb_array_elements(v_changes) with ordinality as changed (content, number)
                    where changed.number <= c_most_entries
                )
            )
        );
    exception
        when others then
            v_failure := sqlstate;
            raise warning 'peerledger.security: changes of the guards could not be recorded (%)', v_failure;
    end;

    for v_alert in
        select
            labelled.kind,
            labelled.kind || ':' || coalesce(labelled.log_name, 'all') || ':' || (now() at time zone 'utc')::date as dedupe_key,
            format(
                case labelled.kind
                    when 'log_partition_missing' then 'Tables of %s were dropped, detached or replaced, and no archive took them: %s. %s'
                    when 'database_restored' then 'The %2$s was restored or copied from a dump. %3$s'
                    else 'What protects %s was changed since the last look: %s. %s'
                end,
                coalesce(labelled.log_name, 'the logs'),
                concat_ws(
                    ', ',
                    (array_agg(labelled.object_name order by labelled.object_name))[1],
                    (array_agg(labelled.object_name order by labelled.object_name))[2],
                    case when count(*) > 2 then 'and ' || count(*) - 2 || ' more' end
                ),
                case
                    when v_failure is null then 'See security_events.'
                    else 'security_events could not take the entry (' || v_failure || ').'
                end
            ) as message,
            jsonb_build_object(
                'objects', count(*), 'first', to_jsonb((array_agg(labelled.object_name order by labelled.object_name))[:20])
            ) as details
        from (
            select
                changed.log_name,
                private.mask_personal_data(changed.object_name) as object_name,
                case
                    when changed.change = 'restored' then 'database_restored'
                    when changed.change in ('gone', 'replaced') and changed.log_name is not null then 'log_partition_missing'
                    else 'log_guards_changed'
                end as kind
            from jsonb_to_recordset(v_unexpected) as changed (object_name text, log_name text, change text)
        ) as labelled
        group by labelled.kind, labelled.log_name
    loop
        perform private.write_alert(
            v_alert.kind, 'critical', v_alert.message, v_alert.dedupe_key, details => v_alert.details
        );
        if not exists (
            select
            from public.ops_alerts as alert
            where alert.dedupe_key = v_alert.dedupe_key and alert.acknowledged_at is null
        ) then
            raise exception using
                errcode = 'P0001',
                message = 'An alert was not kept: ' || v_alert.message,
                hint = 'A rule or a trigger on ops_alerts swallows alerts.';
        end if;
    end loop;
end
$$;

comment on function private.mark_guards is
'Records and alerts of every unexpected change of what protects the logs, then takes the marks by which the next change '
'is found, and seals them with their hash in security_events. reason: migrate, look, upkeep, archive, retention. Error: '
'P0001 when an alert is swallowed. For our functions and the runner.';
revoke all on function private.mark_guards from public, anon, authenticated, service_role;
