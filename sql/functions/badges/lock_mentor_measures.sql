-- Locks in id order, so that two bulk inserts over the same mentors wait and never deadlock. What the
-- next statements read is then what the session before has committed. Rows that are missing are made
-- before the first lock is taken: making one may have to wait for somebody who makes the same. A transaction that has
-- met a deadlock waits no more (private.try_lock_mentor_measures).
create or replace function private.lock_mentor_measures(
    mentor_ids uuid[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_known bigint := (
        select count(*)
        from private.mentor_measures as mentor
        where mentor.mentor_id = any (lock_mentor_measures.mentor_ids)
    );
begin
    if v_known < cardinality(lock_mentor_measures.mentor_ids) then
        -- Without a version: what is known of them is recomputed from their activities when first read.
        insert into private.mentor_measures (mentor_id, organisation_id)
        select mentor.id, mentor.organisation_id
        from public.peer_mentors as mentor
        where
            mentor.id = any (lock_mentor_measures.mentor_ids)
            and not exists (select from private.mentor_measures as known where known.mentor_id = mentor.id)
        order by mentor.id
        on conflict (mentor_id) do nothing;
    end if;

    if current_setting('peerledger.has_deadlocked', true) = 'on' then
        perform
        from private.mentor_measures as mentor
        where mentor.mentor_id = any (lock_mentor_measures.mentor_ids)
        order by mentor.mentor_id
        for update nowait;
    else
        perform
        from private.mentor_measures as mentor
        where mentor.mentor_id = any (lock_mentor_measures.mentor_ids)
        order by mentor.mentor_id
        for update;
    end if;

    -- A transaction that keeps its snapshot would not see what one that only locked has committed meanwhile. A row that was
    -- changed it may not lock (40001), and is done again as a whole.
    if current_setting('transaction_isolation') <> 'read committed' then
        update private.mentor_measures as mentor
        set mentor_id = mentor.mentor_id
        where mentor.mentor_id = any (lock_mentor_measures.mentor_ids);
    end if;
end
$$;

comment on function private.lock_mentor_measures is
'Makes this transaction the only one that evaluates these (distinct) mentors. Error: 55P03, in a transaction
that has met a deadlock, when one is locked. For our functions only.';
revoke all on function private.lock_mentor_measures from public, anon, authenticated, service_role;
