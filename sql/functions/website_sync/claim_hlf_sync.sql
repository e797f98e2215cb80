-- Definer: workers write the state through these functions only.
create or replace function public.claim_hlf_sync(
    worker text,
    batch_size int,
    lease interval,
    ignore_pause boolean default false,
    organisation_ids uuid[] default null
)
returns table (
    mentor_id uuid,
    organisation_id uuid,
    operation text,
    desired_version bigint,
    attempts int,
    dynamics_contact_id uuid,
    lease_expires_at timestamptz
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
-- Plans are made once a session, perhaps when the queue was empty, and fit a full one too.
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_left int := least(claim_hlf_sync.batch_size, private.row_cap());
    v_operation text;
    v_due uuid[];
    v_unreachable uuid[];
    v_entries jsonb := '[]'::jsonb;
    v_new_entries jsonb;
    v_probed uuid[] := '{}'::uuid[];
    v_claimed int;
begin
    perform private.require_lease(claim_hlf_sync.worker, claim_hlf_sync.lease);
    perform private.require_between('batch_size', claim_hlf_sync.batch_size, 1, 1000);

    -- While Dynamics is away one mentor now and then finds out whether it is back: the first worker to claim, and no other.
    -- Not where somebody has stopped the sync as well.
    if not coalesce(claim_hlf_sync.ignore_pause, false) then
        v_probed := private.claim_hlf_sync_probe(claim_hlf_sync.organisation_ids, v_now + claim_hlf_sync.lease);
        if cardinality(v_probed) > 0 then
            v_left := 1;
        end if;
    end if;

    -- Removals first. Each round takes at least one row out of what is due, so that this ends.
    foreach v_operation in array array['remove', 'restore'] loop
        loop
            exit when v_left = 0;
            select array_agg(due.mentor_id order by due.due_at)
            into v_due
            from (
                select sync.mentor_id, sync.due_at
                from public.hlf_sync_state as sync
                where
                    sync.operation = v_operation
                    and sync.due_at <= v_now
                    and (
                        claim_hlf_sync.organisation_ids is null
                        or sync.organisation_id = any (claim_hlf_sync.organisation_ids)
                    )
                    and (
                        coalesce(claim_hlf_sync.ignore_pause, false)
                        or not exists (
                            select
                            from public.hlf_sync_pauses as pause
                            where pause.organisation_id = sync.organisation_id and pause.organisation_id <> all (v_probed)
                        )
                    )
                    and sync.organisation_id not in (select private.organisations_without_website_sync())
                order by sync.due_at
                limit v_left
                for update of sync skip locked
            ) as due;
            exit when v_due is null;

            -- Their former holder stopped before reporting the result of the request: that attempt is on record too.
            v_entries := v_entries || private.record_lost_attempts(v_due);
            -- What was given up there, or is settled here, is not due any more.
            perform private.cancel_needless_removals(v_due);

            select array_agg(sync.mentor_id)
            into v_unreachable
            from public.hlf_sync_state as sync
            where
                sync.mentor_id = any (v_due)
                and sync.due_at is not null
                -- By key for each: as a join it reads all mentors for each where statistics call them none.
                and (
                    select mentor.dynamics_contact_id
                    from public.peer_mentors as mentor
                    where mentor.id = sync.mentor_id
                ) is null;

            if v_unreachable is not null then
                with given_up as (
                    update public.hlf_sync_state as sync
                    set
                        state = 'dead_lettered',
                        leased_by = null,
                        lease_expires_at = null,
                        is_doubtful = false,
                        last_error = private.safe_delivery_text('website', null, 'no_contact_id'),
                        updated_at = clock_timestamp()
                    where sync.mentor_id = any (v_unreachable)
                    returning sync.*
                )
                select jsonb_agg(
                    jsonb_build_object(
                        'organisation_id', given_up.organisation_id,
                        'mentor_id', given_up.mentor_id,
                        'operation', given_up.operation,
                        'retry_count', given_up.attempts,
                        'outcome', 'dead_lettered',
                        'error_message', given_up.last_error,
                        'triggered_by_event', given_up.triggered_by_event
                    )
                )
                into v_new_entries
                from given_up;
                v_entries := v_entries || v_new_entries;
            end if;

            return query
            with leased as (
                update public.hlf_sync_state as sync
                set
                    state = 'in_progress',
                    leased_by = claim_hlf_sync.worker,
                    lease_expires_at = clock_timestamp() + claim_hlf_sync.lease,
                    claimed_version = sync.desired_version,
                    claimed_operation = sync.operation,
                    claimed_event = sync.triggered_by_event,
                    -- Once a request is under way that says otherwise, what was confirmed may not hold any more.
                    confirmed_operation = case when sync.confirmed_operation = sync.operation then sync.operation end,
                    is_doubtful = false,
                    updated_at = clock_timestamp()
                where
                    sync.mentor_id = any (v_due)
                    and sync.due_at is not null
                    and (
                        select mentor.dynamics_contact_id
                        from public.peer_mentors as mentor
                        where mentor.id = sync.mentor_id
                    ) is not null
                returning
                    sync.*,
                    (
                        select mentor.dynamics_contact_id
                        from public.peer_mentors as mentor
                        where mentor.id = sync.mentor_id
                    ) as dynamics_contact_id
            )
            select
                leased.mentor_id, leased.organisation_id, leased.operation, leased.desired_version, leased.attempts,
                leased.dynamics_contact_id, leased.lease_expires_at
            from leased
            order by array_position(v_due, leased.mentor_id);
            get diagnostics v_claimed = row_count;
            v_left := v_left - v_claimed;
        end loop;
    end loop;

    perform private.log_hlf_sync_attempts(v_entries);
end
$$;

comment on function public.claim_hlf_sync is
'Claims up to batch_size mentors that are due for the website, for as long as the lease.
batch_size is 1 to 1,000; no more are leased than the REST API would return (pgrst.db_max_rows). Removals come first,
and nobody else gets them. An expired lease is taken over, and the attempt of its former holder is logged as failed, or
as the dead letter when it was the last that the organisation allows. A mentor without a Dynamics contact becomes a
dead letter here and is not returned; neither is a removal that would take another, active mentor with the same contact
off the website: it needs no request. Mentors of paused organisations are left, unless ignore_pause; of those paused for
an outage one is taken when a probe is due; those of organisations with the sync switched off are always left. Callable by
service_role. Error: 22023.';
revoke all on function public.claim_hlf_sync from public, anon, authenticated, service_role;
grant execute on function public.claim_hlf_sync to service_role;
