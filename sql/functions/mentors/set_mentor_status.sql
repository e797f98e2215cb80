-- The one place that updates a status. Who, why and which run reach the history through a setting of the
-- transaction, because the history is written by a trigger: it must see also what does not come from here.
create or replace function private.set_mentor_status(
    mentor_ids uuid[],
    to_status public.mentor_status,
    cause text,
    run_id uuid default null,
    reason text default null
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    v_changed bigint;
begin
    perform set_config(
        'peerledger.status_cause',
        jsonb_build_object('cause', set_mentor_status.cause, 'run_id', set_mentor_status.run_id)::text,
        true
    );

    update public.peer_mentors as mentor
    set
        status = set_mentor_status.to_status,
        status_reason = set_mentor_status.reason
    from unnest(set_mentor_status.mentor_ids) as given (mentor_id)
    where mentor.id = given.mentor_id and mentor.status <> set_mentor_status.to_status;
    get diagnostics v_changed = row_count;

    perform set_config('peerledger.status_cause', '', true);

    -- What was not changed must not be reported as changed.
    if v_changed <> cardinality(set_mentor_status.mentor_ids) then
        raise exception using
            errcode = 'PL002',
            message = format('%s of %s mentors could not be changed to the status %s.',
                cardinality(set_mentor_status.mentor_ids) - v_changed, cardinality(set_mentor_status.mentor_ids),
                set_mentor_status.to_status),
            hint = 'They already have it, or a trigger of peer_mentors kept the old one.';
    end if;
end
$$;

comment on function private.set_mentor_status is
'Sets the status of mentors that the caller has locked and checked; all or none. Error: PL002. For our functions only.';
revoke all on function private.set_mentor_status from public, anon, authenticated, service_role;
