begin;
select plan(6);
select tests.make_two_organisations();
create function pg_temp.attention() returns text
language sql as $$
    select coalesce(string_agg(format('%s/%s %s', one ->> 'section', one ->> 'reason', one ->> 'count'), ', ' order by position), '')
    from jsonb_array_elements(
        public.get_compliance_report(tests.id('organisation', 'north'), current_date - 1, current_date + 1) -> 'attention'
    ) with ordinality as found (one, position)
    -- Attempts outlive the rollback of other tests, where the server lets them be recorded at once.
    where one ->> 'reason' <> 'changes_tried'
$$;
select is(
    private.report_attention(
        '{"retention": {"security_events": [
            {"event_kind": "log_change_refused", "events": 2}, {"event_kind": "refusals_unrecorded", "events": 1},
            {"event_kind": "log_archived", "events": 9}
        ]}}'
    ),
    '[{"section": "guards", "reason": "changes_tried", "count": 3}]', 'attempts to change a log, and nothing that is in order'
);
select alike(pg_temp.attention(), 'nights/no_run_yet _', 'that nothing has ever run');
select public.run_certification_expiry();
select is(pg_temp.attention(), '', 'nothing, when all is well');

select private.raise_alert('dead_letters', 'warning', 'One.', 'north', tests.id('organisation', 'north'));
insert into public.badge_evaluation_logs (peer_mentor_id, org_id, duration_ms, source, error_message)
values (tests.id('mentor', 'olga'), tests.id('organisation', 'north'), 1, 'manual', 'It failed.');
insert into public.hlf_removals (organisation_id, mentor_id, wanted_at)
values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), '2020-01-01');
insert into public.hlf_sync_pauses (organisation_id, reason) values (tests.id('organisation', 'north'), 'operator');
insert into public.notifications (organisation_id, recipient_mentor_id, kind, dedupe_key, state)
values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'status_changed', 'x', 'dead_lettered');
select is(
    pg_temp.attention(),
    'badges/evaluations_failed 1, website_sync/stands_still 1, removals/removals_open 1, dead_letters/given_up 1, alerts/alerts_open 1',
    'what happened, and what is open now however long ago it began'
);

alter table public.badge_evaluation_logs disable trigger _100_no_update;
select alike(pg_temp.attention(), '%guards/guards_missing _%', 'a guard that is switched off at this moment');
alter table public.badge_evaluation_logs enable always trigger _100_no_update;
select unalike(pg_temp.attention(), '%guards_missing%', 'and not when it is in place');
select finish();
rollback;
