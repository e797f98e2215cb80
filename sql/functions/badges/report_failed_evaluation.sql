create or replace function private.report_failed_evaluation(
    mentor_id uuid,
    error_code text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    -- What could not be recorded is recomputed from the activities when the mentor is next evaluated. Not where somebody else
    -- has the mentor, whom this transaction may be waiting for already: the night compares what they wrote.
    perform
    from private.mentor_measures as mentor
    where mentor.mentor_id = report_failed_evaluation.mentor_id
    for update skip locked;
    if found then
        update private.mentor_measures as mentor
        set catalogue_version = null
        where mentor.mentor_id = report_failed_evaluation.mentor_id;
    end if;

    -- One of those who fail at the same moment tells. The others would wait for its transaction, with what they hold.
    if not pg_try_advisory_xact_lock(hashtextextended('badge_evaluation_failed', 0)) then
        return;
    end if;
    perform private.raise_alert(
        'badge_evaluation_failed',
        'warning',
        'Badges of a mentor could not be evaluated: ' || private.safe_error_text(report_failed_evaluation.error_code)
        || ' The activity is kept. Run "peerledger reconcile badges" when the cause is mended.',
        'badge_evaluation_failed:' || mentor.organisation_id,
        mentor.organisation_id,
        jsonb_build_object('mentor_id', mentor.id, 'sqlstate', report_failed_evaluation.error_code)
    )
    from public.peer_mentors as mentor
    where mentor.id = report_failed_evaluation.mentor_id;
exception
    when others then
        raise warning 'peerledger: a failed badge evaluation could not be reported (%)', sqlstate;
end
$$;

comment on function private.report_failed_evaluation is
'Marks a mentor for recomputation and tells the operators. Never fails. For our functions only.';
revoke all on function private.report_failed_evaluation from public, anon, authenticated, service_role;
