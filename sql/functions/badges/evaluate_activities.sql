-- Records, awards and logs, for all the mentors of a statement in one go. When that fails it is done again for each
-- mentor alone: one bad row must neither cost the activity nor the others' badges. The mentors are locked already.
create or replace function private.evaluate_activities(
    touched private.touched_mentor[],
    changes private.day_change[],
    source text,
    notify boolean default true
)
returns int
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
-- The size of an array is no reason to plan every statement of the chain again for every insert.
set plan_cache_mode = force_generic_plan
set jit = off
-- Everything below is read by key. A plan that is kept from when the tables were small must not scan them, nor one that is made
-- while statistics say that they are empty: then all ways cost the same, an index from one end to the other too. A
-- bitmap is made for a key.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    v_started timestamptz := clock_timestamp();
    v_mentor_ids uuid[] := array[]::uuid[];
    v_results private.badge_outcome[];
    v_result private.badge_outcome;
    v_error text;
    v_mentor private.touched_mentor;
    v_awards int := 0;
begin
    foreach v_mentor in array evaluate_activities.touched loop
        v_mentor_ids := v_mentor_ids || v_mentor.mentor_id;
    end loop;

    begin
        perform private.record_activity_days(v_mentor_ids, evaluate_activities.changes);
        v_results := private.award_badges(v_mentor_ids, evaluate_activities.notify);
        perform private.set_headroom(v_mentor_ids, evaluate_activities.changes);
    exception
        -- The contract: the activity stays whatever happens here. The log and an alert say so.
        when others then
            v_error := sqlstate;
            -- But a transaction that keeps its snapshot has not seen what another added: it is to be done again as a whole.
            if v_error = '40001' and current_setting('transaction_isolation') <> 'read committed' then
                raise;
            end if;
    end;

    if v_error in ('40P01', '55P03') then
        -- Alone they would meet the same transaction again, one after the other, until the statement is cancelled.
        perform set_config('peerledger.has_deadlocked', 'on', true);
        perform private.leave_unevaluated(
            evaluate_activities.touched, v_error, v_started, evaluate_activities.source
        );
        return 0;
    end if;

    if v_error is not null and cardinality(evaluate_activities.touched) > 1 then
        foreach v_mentor in array evaluate_activities.touched loop
            v_awards := v_awards + private.evaluate_activities(
                array[v_mentor],
                (
                    select array_agg(change)
                    from unnest(evaluate_activities.changes) as change
                    where change.mentor_id = v_mentor.mentor_id
                ),
                evaluate_activities.source,
                evaluate_activities.notify
            );
        end loop;
        return v_awards;
    end if;

    if v_error is not null then
        perform private.report_failed_evaluation(v_mentor_ids[1], v_error);
        v_results := array[]::private.badge_outcome[];
    end if;
    foreach v_result in array v_results loop
        v_awards := v_awards + cardinality(v_result.badges_awarded);
    end loop;
    perform private.log_badge_evaluations(
        evaluate_activities.touched, v_results, v_error, v_started, evaluate_activities.source
    );
    return v_awards;
end
$$;

comment on function private.evaluate_activities is
'The chain behind the triggers of activities and the RPCs; returns how many badges it awarded. Never fails for what
a mentor''s data or a badge does. For our functions only; lock first.';
revoke all on function private.evaluate_activities from public, anon, authenticated, service_role;
