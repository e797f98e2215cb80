-- A log that cannot be written must not undo what it speaks of: the website has already been changed.
create or replace function private.log_hlf_sync_attempts(
    entries public.hlf_sync_audit_log[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry public.hlf_sync_audit_log;
    v_error_code text;
    v_lost int := 0;
begin
    if coalesce(cardinality(log_hlf_sync_attempts.entries), 0) = 0 then
        return;
    end if;
    begin
        insert into public.hlf_sync_audit_log (
            id, organisation_id, mentor_id, operation, dynamics_response_code, retry_count, outcome, error_message,
            triggered_by_event, created_at
        )
        select
            entry.id, entry.organisation_id, entry.mentor_id, entry.operation, entry.dynamics_response_code,
            entry.retry_count, entry.outcome, entry.error_message, entry.triggered_by_event, entry.created_at
        from unnest(log_hlf_sync_attempts.entries) as entry;
    exception
        when others then
            -- One by one, so that one bad entry does not cost the others theirs.
            foreach v_entry in array log_hlf_sync_attempts.entries loop
                begin
                    insert into public.hlf_sync_audit_log (
                        id, organisation_id, mentor_id, operation, dynamics_response_code, retry_count, outcome,
                        error_message, triggered_by_event, created_at
                    )
                    values (
                        v_entry.id, v_entry.organisation_id, v_entry.mentor_id, v_entry.operation,
                        v_entry.dynamics_response_code, v_entry.retry_count, v_entry.outcome, v_entry.error_message,
                        v_entry.triggered_by_event, v_entry.created_at
                    );
                exception
                    when others then
                        v_lost := v_lost + 1;
                        v_error_code := sqlstate;
                end;
            end loop;
    end;
    if v_lost > 0 then
        raise warning 'peerledger: % attempts of the website sync could not be logged (%)', v_lost, v_error_code;
        perform private.raise_alert(
            'audit_write_failed',
            'critical',
            'Attempts of the website sync could not be logged: ' || private.safe_error_text(v_error_code),
            'audit_write_failed:hlf_sync_audit_log'
        );
    end if;

    perform private.raise_alert(
        'dead_letters',
        'warning',
        'Mentors could not be brought up to date on the website and were given up. Look at the sync''s log, '
        'mend the cause, and call requeue_dead_letters.',
        'dead_letters:website_sync:' || given_up.organisation_id,
        given_up.organisation_id,
        jsonb_build_object('mentors', given_up.mentors, 'removals', given_up.removals, 'first_mentor_id', given_up.first_mentor_id)
    )
    from (
        select
            entry.organisation_id,
            count(*) as mentors,
            count(*) filter (where entry.operation = 'remove') as removals,
            (array_agg(entry.mentor_id order by entry.operation, entry.mentor_id))[1] as first_mentor_id
        from unnest(log_hlf_sync_attempts.entries) as entry
        where entry.outcome = 'dead_lettered'
        group by entry.organisation_id
        order by entry.organisation_id
    ) as given_up;
exception
    when others then
        raise warning 'peerledger: a failure of the website sync could not be reported (%)', sqlstate;
end
$$;

comment on function private.log_hlf_sync_attempts is
'One log entry for each attempt, and an alert for an organisation''s dead letters. A failure is a warning and an '
'alert, never an error. For our functions only.';
revoke all on function private.log_hlf_sync_attempts from public, anon, authenticated, service_role;
