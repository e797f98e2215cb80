-- An alert that cannot be written fails the upkeep, and the next one counts again.
create or replace function private.note_unrecorded_refusals()
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_counted bigint;
    v_noted bigint;
begin
    select state.refusals_noted
    into v_noted
    from private.recording_state as state
    for update;
    select case when counter.is_called then counter.last_value else 0 end
    into v_counted
    from private.unrecorded_refusals as counter;

    if v_counted > v_noted then
        update private.recording_state
        set refusals_noted = v_counted
        where only_row;
        perform private.record_security_event(
            'refusals_unrecorded', details => jsonb_build_object('attempts_at_most', v_counted - v_noted)
        );
        perform private.write_alert(
            'log_change_refused',
            'critical',
            'Somebody tried to change a log and was refused. Who it was is in the server''s log, under the prefix '
            '"peerledger.security:".',
            'log_change_refused:unrecorded'
        );
    end if;
    -- Nothing but somebody's hand turns a sequence back.
    if v_counted < v_noted then
        update private.recording_state
        set refusals_noted = v_counted
        where only_row;
        perform private.record_security_event(
            'log_guards_changed',
            details => jsonb_build_object('object', 'private.unrecorded_refusals', 'change', 'turned back')
        );
        perform private.write_alert(
            'log_guards_changed',
            'critical',
            'The count of refused attempts to change a log was turned back. See security_events.',
            'log_guards_changed:unrecorded_refusals'
        );
    end if;
    return greatest(v_counted - v_noted, 0);
end
$$;

comment on function private.note_unrecorded_refusals is
'Makes one entry of security_events for the refusals that could only be counted since it last ran; returns how many. '
'After a crash of the server the count may be up to 32 too high. For our functions only.';
revoke all on function private.note_unrecorded_refusals from public, anon, authenticated, service_role;
