-- A log that cannot be written must not undo what it speaks of: the website has already been changed.
create or replace function private.log_hlf_sync_attempts(
    entries jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry jsonb;
    v_error_code text;
    v_lost int := 0;
begin
    if jsonb_array_length(log_hlf_sync_attempts.entries) = 0 then
        return;
    end if;
    begin
        perform private.insert_hlf_sync_attempts(log_hlf_sync_attempts.entries);
    exception
        when others then
            -- One by one, so that one bad entry does not cost the others theirs.
            for v_entry in select jsonb_array_elements(log_hlf_sync_attempts.entries) loop
                begin
                    perform private.insert_hlf_sync_attempts(jsonb_build_array(v_entry));
                exception
                    when others then
                        v_lost := v_lost + 1;
                        v_error_code := sqlstate;
                end;
            end loop;
    end;
    if v_lost > 0 then
        raise warning 'peerledger: % attempts of the website sync could not be logged (%)', v_lost, v_error_code;
        perform private.report_lost_entries('hlf_sync_audit_log', 'Attempts of the website sync', v_error_code);
    end if;

    perform private.raise_alert(
        'dead_letters',
        'warning',
        'Website changes of some mentors were dead-lettered. Look at the sync''s log, correct the cause, and call '
        'requeue_dead_letters.',
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
        from jsonb_to_recordset(log_hlf_sync_attempts.entries) as entry (
            organisation_id uuid, mentor_id uuid, operation text, outcome text
        )
        where entry.outcome = 'dead_lettered'
        group by entry.organisation_id
        order by entry.organisation_id
    ) as given_up;
exception
    -- What was sent stays sent; the worker keeps what it saw and reports it again.
    when insufficient_resources then
        raise;
    when others then
        raise warning 'peerledger: a failure of the website sync could not be reported (%)', sqlstate;
end
$$;

comment on function private.log_hlf_sync_attempts is
'One log entry for each attempt, given as an array of objects with the columns of hlf_sync_audit_log, and an alert for
an organisation''s dead letters. A failure is a warning and an alert. Error: 53…, when the server has no room for the entries nor
for the alert. For our functions only.';
revoke all on function private.log_hlf_sync_attempts from public, anon, authenticated, service_role;
