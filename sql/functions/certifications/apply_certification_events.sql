-- All events of a kind at once, which is the usual case and costs one sub-transaction. If that fails, ever smaller
-- parts, and larger ones again after a success: the one mentor that cannot be handled is found in some log2(n) steps,
-- and everybody else is handled. When everybody fails alike it is no single mentor's failure, and to try each of
-- thousands would hold up the night; the next run tries them again.
create or replace function private.apply_certification_events(
    run_id uuid,
    events private.certification_event[]
)
returns private.certification_entry[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    c_suspicious constant int := 20;
    v_event_type text;
    v_rest private.certification_event[];
    v_size int;
    v_failed int;
    v_error text;
    v_last_error text;
    v_alike int;
    v_entries private.certification_entry[] := array[]::private.certification_entry[];
begin
    foreach v_event_type in array array['status_transitioned', 'reminder_dispatched', 'reminder_failed'] loop
        v_rest := array(
            select event
            from unnest(apply_certification_events.events) as event
            where event.event_type = v_event_type
        );
        v_size := cardinality(v_rest);
        v_alike := 0;
        v_last_error := null;

        while cardinality(v_rest) > 0 loop
            v_size := least(v_size, cardinality(v_rest));
            begin
                v_entries := v_entries || private.do_certification_events(
                    apply_certification_events.run_id, v_rest[:v_size]
                );
                v_rest := v_rest[v_size + 1:];
                v_size := v_size * 2;
                v_alike := 0;
                continue;
            exception
                -- The contract: one mentor's failure stops nobody else, and its entry says so.
                when others then
                    v_error := sqlstate;
            end;

            if v_size > 1 then
                v_size := v_size / 2;
                continue;
            end if;

            v_alike := case when v_error = v_last_error then v_alike + 1 else 1 end;
            v_last_error := v_error;
            v_failed := case when v_alike < 2 * c_suspicious then 1 else cardinality(v_rest) end;
            v_entries := v_entries || array(
                select
                    row(
                        event.mentor_id, event.organisation_id, event.certification_id,
                        case when event.event_type = 'status_transitioned' then 'transition_failed' else 'reminder_failed' end,
                        case when event.event_type = 'status_transitioned' then 'active' end,
                        null,
                        event.threshold_days, clock_timestamp(),
                        case
                            when event.event_type = 'status_transitioned' then 'The status could not be changed. '
                            else 'The reminder could not be handed to the outbox. '
                        end || private.safe_error_text(v_error)
                    )::private.certification_entry
                from unnest(v_rest[:v_failed]) as event
            );
            v_rest := v_rest[v_failed + 1:];
            -- They could be neighbours in one problem: as many more, picked from all of the rest, decide.
            if v_alike = c_suspicious then
                v_rest := array(select event from unnest(v_rest) as event order by md5(event.mentor_id::text));
            end if;
        end loop;
    end loop;
    return v_entries;
end
$$;

comment on function private.apply_certification_events is
'Does what a run has to do, and returns an entry for each event, also for those that failed. After 40 failures in a row
with the same SQLSTATE the rest of that kind fails with it, untried. For our functions only.';
revoke all on function private.apply_certification_events from public, anon, authenticated, service_role;
