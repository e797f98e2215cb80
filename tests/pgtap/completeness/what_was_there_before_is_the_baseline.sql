-- Where the logs begin to be complete, what is there is taken down once, while nobody writes; from then on it is compared like everything else.
begin;
select plan(34);
select tests.make_two_organisations();
insert into public.organisation_settings (organisation_id) values (tests.id('organisation', 'south'));
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values (tests.id('badge', 'one'), tests.id('organisation', 'north'), 'one', 'One', '{"metric": "activity_count", "at_least": 1}');
select tests.make_activity('more', 'olga'), tests.make_certificate('olga', '2030-01-01');
select tests.set_status('sara', 'paused');
select is(
    (select count(distinct subject_kind) from private.administrative_facts()), 8::bigint, 'there are facts of every kind'
);

-- It begins once: the template of these tests has begun already, over nothing.
select tests.acts_as('peerledger_owner');
select private.begin_completeness();
reset role;
select results_eq(
    $$ select count(*), max((details ->> 'activities')::int) from public.security_events where event_kind = 'completeness_began' $$,
    'values (1::bigint, 0)', 'what has begun does not begin again'
);
select is_empty($$ select from public.administrative_changes where change_kind = 'baseline' $$, 'nor is anything taken down again');

alter table private.completeness_baseline disable trigger user;
delete from private.completeness_baseline;
select is(
    tests.gaps_after('select'), array['baseline_changed | security_events | 0 activities'], 'a beginning that is gone is found'
);
create function pg_temp.closed_to_writers() returns setof name
language sql
as $$
    select distinct class.relname
    from pg_locks as held
    inner join pg_class as class on class.oid = held.relation
    where held.pid = pg_backend_pid() and held.mode = 'ShareRowExclusiveLock' and class.relnamespace = 'public'::regnamespace
$$;
select is_empty('select pg_temp.closed_to_writers()', 'nobody is kept from writing');
select tests.acts_as('peerledger_owner');
select private.begin_completeness();
reset role;
select set_eq(
    'select pg_temp.closed_to_writers()',
    array[
        'activities', 'badge_definitions', 'certifications', 'chapters', 'coordinator_assignments', 'earned_badges', 'organisation_settings',
        'organisations', 'peer_mentors'
    ]::name[], 'until it is done nobody writes what is taken down'
);
select set_eq(
    'select subject_kind, subject_id, organisation_id, details from public.administrative_changes where change_kind = ''baseline''',
    'select subject_kind, subject_id, organisation_id, details from private.administrative_facts()', 'every fact is, as it is'
);
select results_eq(
    $$
        select (details ->> 'activities')::bigint, details ->> 'records_sha256' from public.security_events
        where event_kind = 'completeness_began' order by occurred_at offset 1
    $$,
    $$
        select count(*), encode(sha256(string_agg(private.activity_sha256(row(activity.*)::public.activities), '' order by id)), 'hex')
        from public.activities as activity
    $$, 'and the number and hash of all activities'
);
select is(tests.gaps_after('select'), '{}', 'after which nothing is missing');

-- As if no log had been kept before.
select tests.switch_triggers_off();
delete from public.badge_evaluation_logs;
delete from public.proxy_audit_log where proxy_activity_id <> tests.id('activity', 'nina for berit');
delete from public.administrative_changes where change_kind <> 'baseline';
select is(
    tests.gaps_after('select'), array['proxy_without_entry | proxy_audit_log | ' || tests.id('activity', 'nina for olga')],
    'of what was there before, only a proxy has an entry of its own'
);
insert into public.proxy_audit_log (proxy_activity_id, event_type, coordinator_id, attributed_mentor_id, organisation_id, payload_snapshot)
select id, 'created', coordinator_id, mentor_id, organisation_id, private.proxy_activity_record(row(activity.*)::public.activities)
from public.activities as activity
where id = tests.id('activity', 'nina for olga');
select is(tests.gaps_after('select'), '{}', 'the same with its entry');
select is(tests.gaps_after(statement), found, statement)
from (
    values
    (
        'update public.activities set duration_minutes = 9 where id = tests.id(''activity'', ''more'')',
        array['activity_differs | badge_evaluation_logs | ' || tests.id('activity', 'more') || ' | the hash of its record']
    ),
    (
        'insert into public.badge_evaluation_logs (peer_mentor_id, org_id, triggered_at, activity_ids, duration_ms, source) select tests.id(''mentor'', ''olga''), '
        'tests.id(''organisation'', ''north''), ''2019-01-01'', array[tests.id(''activity'', ''more'')], 1, ''activity_insert''; '
        'delete from public.activities where id = tests.id(''activity'', ''more'')',
        array['entry_without_activity | activity_changes | ' || tests.id('activity', 'more')]
    ),
    ('delete from public.activities where id = tests.id(''activity'', ''more'')', array['entry_without_activity | activity_changes | ' || tests.id('activity', 'more')]),
    (
        'update public.organisation_settings set sync_max_attempts = 3',
        array['fact_differs | administrative_changes | ' || tests.id('organisation', 'south') || ' | organisation_settings sync_max_attempts']
    ),
    ('select tests.make_activity(''new'', ''olga'')', array['activity_without_entry | badge_evaluation_logs | ' || tests.id('activity', 'new')]),
    -- Somebody makes the baseline what they need.
    (
        'select tests.make_activity(''new'', ''olga''); insert into private.activity_baseline '
        'select id, private.activity_sha256(row(activity.*)::public.activities) from public.activities as activity where id = tests.id(''activity'', ''new'')',
        array['baseline_changed | security_events | 7 activities']
    ),
    (
        'update public.activities set duration_minutes = 9 where id = tests.id(''activity'', ''more''); update private.activity_baseline '
        'set record_sha256 = private.activity_sha256(row(activity.*)::public.activities) from public.activities as activity '
        'where id = activity_id and id = tests.id(''activity'', ''more'')',
        array['baseline_changed | security_events | 6 activities']
    ),
    (
        'delete from public.activities where id = tests.id(''activity'', ''more''); delete from private.activity_baseline where activity_id = tests.id(''activity'', ''more'')',
        array['baseline_changed | security_events | 5 activities']
    ),
    (
        'update public.activities set duration_minutes = 9 where id = tests.id(''activity'', ''more''); update private.activity_baseline '
        'set record_sha256 = private.activity_sha256(row(activity.*)::public.activities) from public.activities as activity '
        'where id = activity_id and id = tests.id(''activity'', ''more''); update private.completeness_baseline set records_sha256 = '
        '(select sha256(string_agg(record_sha256, '''' order by activity_id)) from private.activity_baseline)',
        array['baseline_changed | security_events | 6 activities']
    ),
    ('update private.completeness_baseline set activities = 7', array['baseline_changed | security_events | 6 activities']),
    ('update private.completeness_baseline set records_sha256 = ''x''', array['baseline_changed | security_events | 6 activities']),
    (
        'update private.completeness_baseline set began_at = interval ''+60 seconds'' + '
        '(select max(occurred_at) from public.security_events where event_kind = ''completeness_began'')', array['baseline_changed | security_events | 6 activities']
    ),
    (
        'update private.completeness_baseline set began_at = interval ''+59 seconds'' + '
        '(select max(occurred_at) from public.security_events where event_kind = ''completeness_began'')', '{}'
    ),
    (
        'update private.completeness_baseline set began_at = interval ''-59 seconds'' + '
        '(select max(occurred_at) from public.security_events where event_kind = ''completeness_began'')', '{}'
    ),
    (
        'update private.completeness_baseline set began_at = interval ''-60 seconds'' + '
        '(select max(occurred_at) from public.security_events where event_kind = ''completeness_began'')', array['baseline_changed | security_events | 6 activities']
    ),
    ('delete from public.security_events where event_kind = ''completeness_began''', array['baseline_changed | security_events | 6 activities']),
    ('update public.security_events set event_kind = ''seal_form_added'' where event_kind = ''completeness_began''', array['baseline_changed | security_events | 6 activities']),
    (
        'update public.security_events set details = details || ''{"records_sha256": "00"}'' where event_kind = ''completeness_began''',
        array['baseline_changed | security_events | 6 activities']
    ),
    ('delete from public.security_events where event_kind = ''completeness_began''; select tests.make_archived(''security_events'', ''2019-03-01'')', '{}'),
    (
        'delete from public.security_events where event_kind = ''completeness_began''; select tests.make_archived(''proxy_audit_log'', ''2019-03-01'')',
        array['baseline_changed | security_events | 6 activities']
    )
) as deed (statement, found);
-- Of two beginnings the one over what was copied in holds, whichever came first; of two over nothing the earlier.
select is(
    (select activities from private.completeness_began()), 6::bigint, 'it is in force'
);
insert into private.completeness_baseline (began_at, activities, records_sha256) values (now() + interval '1 day', 0, sha256('')), (now() - interval '1 day', 0, sha256(''));
select is((select activities from private.completeness_began()), 6::bigint, 'beside two over nothing');
delete from private.completeness_baseline where activities = 6;
select is((select began_at from private.completeness_began()), now() - interval '1 day', 'of which the first would be');
select * from finish();
rollback;
