-- What an insert registered is on record in any case: where nothing is evaluated, or the evaluation cannot be logged, by an
-- entry of activity_changes.
create or replace function private.log_badge_evaluations(
    touched private.touched_mentor[],
    results private.badge_outcome[],
    error_code text,
    started_at timestamptz,
    source text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sqlstate text;
begin
    begin
        insert into public.badge_evaluation_logs (
            peer_mentor_id, org_id, badges_evaluated, criteria_outcomes, badges_awarded,
            error_message, duration_ms, activity_ids, activity_hashes, source
        )
        select
            mentor.mentor_id,
            mentor.organisation_id,
            coalesce(result.badges_evaluated, '[]'),
            coalesce(result.criteria_outcomes, '{}'),
            coalesce(result.badges_awarded, '{}'),
            case
                when log_badge_evaluations.error_code is not null
                    then 'The evaluation failed. ' || private.safe_error_text(log_badge_evaluations.error_code)
                when result.badges_broken is not null
                    then 'Some badges could not be evaluated: ' || array_to_string(result.badges_broken[:10], ', ')
            end,
            greatest(1, ceil(extract(epoch from clock_timestamp() - log_badge_evaluations.started_at) * 1000))::int,
            mentor.activity_ids,
            mentor.activity_hashes,
            log_badge_evaluations.source
        from unnest(log_badge_evaluations.touched) as mentor
        left join unnest(log_badge_evaluations.results) as result on result.mentor_id = mentor.mentor_id
        where result.mentor_id is not null or log_badge_evaluations.error_code is not null;
    exception
        -- The contract: a log that cannot be written costs neither the activity nor the award.
        when others then
            v_sqlstate := sqlstate;
    end;

    -- No result and no error: badges are switched off, and nothing was evaluated.
    if
        v_sqlstate is null
        and log_badge_evaluations.error_code is null
        and cardinality(log_badge_evaluations.results) < cardinality(log_badge_evaluations.touched)
    then
        perform private.record_registered(array(
            select mentor
            from unnest(log_badge_evaluations.touched) as mentor
            where mentor.mentor_id not in (select result.mentor_id from unnest(log_badge_evaluations.results) as result)
        ));
    end if;
    if v_sqlstate is not null then
        raise warning 'peerledger: badge evaluations could not be logged (%)', v_sqlstate;
        begin
            perform private.record_registered(log_badge_evaluations.touched);
        exception
            when others then
                raise warning 'peerledger: what was registered could not be logged either (%)', sqlstate;
        end;
        perform private.report_lost_entries('badge_evaluation_logs', 'Badge evaluations', v_sqlstate);
    end if;
end
$$;

comment on function private.log_badge_evaluations is
'One log row a mentor. A failure is a warning and an alert, not an error. Where no row is written, what an insert registered
gets entries in activity_changes; where badges are switched off the insert fails without them. Error: 53…, when the server has
no room for entries nor for the alert that they are missing. For our functions only.';
revoke all on function private.log_badge_evaluations from public, anon, authenticated, service_role;
