begin;
select plan(8);
select tests.make_two_organisations();
select is(
    tests.outcome(
        'peerledger_owner', null,
        format(
            'insert into public.badge_evaluation_logs (peer_mentor_id, org_id, triggered_at, duration_ms, source) values (%L, %L, %L, 1, ''manual'')',
            tests.id('mentor', 'olga'), tests.id('organisation', 'north'), now() - interval '7 years'
        )
    ), '1', 'a month that has no partition takes an entry'
);
insert into public.badge_evaluation_logs (peer_mentor_id, org_id, triggered_at, duration_ms, source)
select tests.id('mentor', 'olga'), tests.id('organisation', 'north'), at, 1, 'manual'
from (
    values
    ('2021-01-31 23:59:59.999999+00'::timestamptz), ('2021-02-01 00:00:00+00'), ('2021-02-28 23:59:59.999999+00'),
    ('2019-06-15 12:00:00+00'), ('2199-01-01 00:00:00+00')
) as entry (at);
create temporary table expected as select to_jsonb(entry) as content from public.badge_evaluation_logs as entry;
select is(
    (select count(*) from public.badge_evaluation_logs where tableoid = 'private.badge_evaluation_logs_default'::regclass),
    5::bigint, 'the default partition caught them'
);
select private.ensure_log_partitions();
select results_eq(
    $$
    select tableoid::regclass::text collate "default", triggered_at at time zone 'utc'
    from public.badge_evaluation_logs where extract(year from triggered_at) in (2019, 2021, 2199) order by 2
    $$,
    $$
    values
    ('private.badge_evaluation_logs_2019_06', '2019-06-15 12:00:00'::timestamp),
    ('private.badge_evaluation_logs_2021_01', '2021-01-31 23:59:59.999999'),
    ('private.badge_evaluation_logs_2021_02', '2021-02-01 00:00:00'),
    ('private.badge_evaluation_logs_2021_02', '2021-02-28 23:59:59.999999'),
    ('private.badge_evaluation_logs_default', '2199-01-01 00:00:00')
    $$,
    'upkeep gives each its month; one from a wrong clock stays'
);
select results_eq(
    $$ select to_jsonb(entry) from public.badge_evaluation_logs as entry order by 1 $$,
    $$ select content from expected order by 1 $$,
    'and changes none of them'
);
select is_empty($$ select * from private.log_guards() where problem <> '' $$, 'what it made is guarded');
select is(
    (select details ->> 'entries' from public.security_events where event_kind = 'log_default_split'), '5', 'it is recorded'
);
select is(to_regclass('private.badge_evaluation_logs_split'), null, 'nothing is left behind');
select private.ensure_log_partitions();
select is(
    (select count(*) from public.security_events where event_kind = 'log_default_split'), 1::bigint,
    'a second time there is nothing to do'
);
select * from finish();
rollback;
