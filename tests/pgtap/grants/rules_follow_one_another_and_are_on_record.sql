-- What set_grant_rule takes, argument by argument and on both sides of each limit; and what becomes of the rule before.
begin;
select tests.make_two_organisations();
-- "SQLSTATE detail", or "done".
create function pg_temp.refusal(arguments text, organisation text default 'north') returns text language plpgsql as $$
declare
    v_detail text;
begin
    begin
        execute format('select public.set_grant_rule(%L, %s)', tests.id('organisation', refusal.organisation), refusal.arguments);
        raise exception using errcode = 'TTTTT';
    exception
        when others then
            get stacked diagnostics v_detail = pg_exception_detail;
            return case when sqlstate = 'TTTTT' then 'done' else sqlstate || ' ' || v_detail end;
    end;
end
$$;
create temporary table cases (number int generated always as identity, arguments text, answer text);
insert into cases (arguments, answer)
select format('%L, ''2026-01-01'', ''{x}''', category), case when category = 'course' then '22023 category' else 'done' end
from unnest(array['outreach_conversation', 'conversation_group', 'activity_group', 'peer_course', 'course']) as category;
insert into cases (arguments, answer)
select
    format(
        '''peer_course'', ''2026-01-01'', array(select ''type_'' || (array[''a'', ''b''])[1 + number / 200] || number from generate_series(1, %s) as number)',
        types
    ), case when types > 200 then '22023 activity_types' else 'done' end
from unnest(array[200, 201]) as types;
insert into cases (arguments, answer)
select
    format('''peer_course'', ''2026-01-01'', ''{x}'', array(select ''mode_'' || number from generate_series(1, %s) as number)', modes),
    case when modes > 50 then '22023 delivery_modes' else 'done' end
from unnest(array[50, 51]) as modes;
insert into cases (arguments, answer)
select format('''peer_course'', ''2026-01-01'', ''{x}'', %s', given.arguments), given.answer
from (
    values
    ('null', 'done'), ('''{}''', '22023 delivery_modes'), ('''{in person}''', '22023 delivery_modes'), ('''{null}''', '22023 delivery_modes'),
    ('min_minutes => 0', 'done'), ('min_minutes => -1', '22023 min_minutes'), ('min_minutes => 1440', 'done'),
    ('min_minutes => 1441', '22023 min_minutes'), ('min_minutes => null', '22023 min_minutes'),
    ('min_participants => 0', 'done'), ('min_participants => -1', '22023 min_participants'), ('min_participants => 10000', 'done'),
    ('min_participants => 10001', '22023 min_participants'), ('min_participants => null', '22023 min_participants'),
    ('must_be_led_by_peer => null', '22023 must_be_led_by_peer'), ('must_be_in_norway => null', '22023 must_be_in_norway'),
    ('must_be_led_by_peer => true, must_be_in_norway => true', 'done'),
    ('counted_per => ''activity''', 'done'), ('counted_per => ''day''', 'done'), ('counted_per => ''week''', '22023 counted_per'),
    ('counted_per => null', '22023 counted_per')
) as given (arguments, answer);
insert into cases (arguments, answer) values
('null, ''2026-01-01'', ''{x}''', '22023 category'),
('''peer_course'', ''2026-01-01'', ''{}''', '22023 activity_types'), ('''peer_course'', ''2026-01-01'', null', '22023 activity_types'),
('''peer_course'', ''2026-01-01'', ''{x,null}''', '22023 activity_types'), ('''peer_course'', ''2026-01-01'', ''{a b}''', '22023 activity_types'),
('''peer_course'', null, ''{x}''', '22023 valid_from'), ('''peer_course'', ''1969-12-31'', ''{x}''', '22023 valid_from'),
('''peer_course'', ''1970-01-01'', ''{x}''', 'done'), ('''peer_course'', ''2199-12-31'', ''{x}''', 'done'),
('''peer_course'', ''2200-01-01'', ''{x}''', '22023 valid_from');

select plan((select count(*)::int from cases) + 22);
select is(pg_temp.refusal(arguments), answer, left(arguments, 120) || ': ' || answer) from cases order by number;

-- One after the other.
create function pg_temp.rules() returns setof text language sql as $$
    select format('%s %s–%s %s', rule.category, rule.valid_from, rule.valid_to, array_to_string(rule.activity_types, ' '))
    from public.grant_rules as rule
    where rule.organisation_id = tests.id('organisation', 'north')
    order by rule.category, rule.valid_from
$$;
select public.set_grant_rule(tests.id('organisation', 'south'), 'activity_group', '2026-12-01', '{tur}');
select public.set_grant_rule(tests.id('organisation', 'north'), 'activity_group', '2026-01-01', '{tur}');
select public.set_grant_rule(tests.id('organisation', 'north'), 'peer_course', '2026-01-01', '{kurs}');
select public.set_grant_rule(tests.id('organisation', 'north'), 'activity_group', '2026-03-01', '{tur,ski}');
select results_eq(
    'select pg_temp.rules()',
    array['activity_group 2026-01-01–2026-02-28 tur', 'activity_group 2026-03-01– tur ski', 'peer_course 2026-01-01– kurs'],
    'the rule before it ends the day before, and no other'
);
select is(pg_temp.refusal(arguments), answer, title)
from (
    values
    ('''activity_group'', ''2026-02-28'', ''{dans}''', '22023 valid_from', 'none begins before one that is there'),
    ('''activity_group'', ''2026-03-01'', ''{dans}''', 'done', 'of the same day it is a correction'),
    ('''peer_course'', ''2026-04-01'', ''{ski}''', '22023 activity_types', 'a type is of one category at a time'),
    ('''peer_course'', ''2026-04-01'', ''{kurs}''', 'done', 'a rule may follow for the same type')
) as given (arguments, answer, title);
select is(pg_temp.refusal('''activity_group'', ''2026-11-01'', ''{dans}'''), 'done', 'and whatever another organisation has');
-- Ended by somebody from a day on which the next begins.
update public.grant_rules set valid_to = '2026-06-30' where category = 'activity_group' and valid_to is null and valid_from = '2026-03-01';
select public.set_grant_rule(tests.id('organisation', 'north'), 'activity_group', '2026-06-30', '{dans}');
select results_eq(
    $$ select * from pg_temp.rules() as rule where rule ~ 'activity' $$,
    array['activity_group 2026-01-01–2026-02-28 tur', 'activity_group 2026-03-01–2026-06-29 tur ski', 'activity_group 2026-06-30– dans'],
    'no day has two rules of a category'
);
-- Closed years, of which the last one decides.
select public.close_grant_year(tests.id('organisation', 'south'), 2024);
select public.close_grant_year(tests.id('organisation', 'south'), 2022);
select is(pg_temp.refusal(arguments, 'south'), answer, 'when 2024 is closed: ' || arguments)
from (
    values
    ('''peer_course'', ''2024-12-31'', ''{kurs}''', '22023 valid_from'), ('''peer_course'', ''2023-01-01'', ''{kurs}''', '22023 valid_from'),
    ('''peer_course'', ''2025-01-01'', ''{kurs}''', 'done')
) as given (arguments, answer);

-- What is on record.
create temporary table before as select id from public.administrative_changes;
create function pg_temp.news() returns table (change_kind text, details jsonb) language sql as $$
    with news as (
        insert into pg_temp.before
        select entry.id from public.administrative_changes as entry
        where entry.subject_kind = 'grant_rule' and entry.id not in (select before.id from pg_temp.before)
        returning id
    )
    select entry.change_kind, entry.details
    from public.administrative_changes as entry
    where entry.id in (select news.id from news)
    order by entry.change_kind, entry.details::text
$$;
insert into public.grant_rules (organisation_id, category, valid_from, activity_types)
values
(tests.id('organisation', 'south'), 'conversation_group', '2026-01-01', '{kafe}'),
(tests.id('organisation', 'south'), 'outreach_conversation', '2026-01-01', '{samtale}');
create temporary table rule_fields as
select
    kind as category,
    jsonb_build_object(
        'category', kind, 'valid_from', '2026-01-01', 'valid_to', null, 'activity_types', array[type], 'delivery_modes', null,
        'min_minutes', 1, 'min_participants', 1, 'must_be_led_by_peer', false, 'must_be_in_norway', false, 'counted_per', 'day'
    ) as fields
from (values ('conversation_group', 'kafe'), ('outreach_conversation', 'samtale')) as given (kind, type);
select bag_eq('select * from pg_temp.news()', $$ select 'added' as change, fields from rule_fields $$, 'rules that were added, in full');
update public.grant_rules set valid_to = '2026-05-31'
where organisation_id = tests.id('organisation', 'south') and category in ('conversation_group', 'outreach_conversation');
select bag_eq(
    'select * from pg_temp.news()',
    $$
    select 'ended' as change, jsonb_build_object('category', category, 'old_valid_to', null, 'new_valid_to', '2026-05-31') as fields
    from rule_fields
    $$,
    'each that ended, since when it was to last and until when it does'
);
update public.grant_rules set valid_to = '2026-05-31' where organisation_id = tests.id('organisation', 'south') and category = 'conversation_group';
select is_empty('select * from pg_temp.news()', 'the same again is no change');
delete from public.grant_rules
where organisation_id = tests.id('organisation', 'south') and category in ('conversation_group', 'outreach_conversation');
select bag_eq(
    'select * from pg_temp.news()', $$ select 'deleted' as change, fields || '{"valid_to": "2026-05-31"}' as fields from rule_fields $$, 'and in full what was deleted'
);

-- The published rules come with a version.
select is(tests.outcome('service_role', null, statement), outcome, title)
from (
    values
    (
        'insert into public.grant_rules (category, valid_from, activity_types) values (''peer_course'', ''2150-01-01'', ''{kurs}'')',
        '42501', 'the service role adds none'
    ),
    (
        'insert into public.grant_rules select * from public.grant_rules where organisation_id is null and category = ''peer_course'' '
        'on conflict (id) do update set valid_to = excluded.valid_to', '1', 'but may send one back as it read it'
    )
) as given (statement, outcome, title);
select tests.acts_as('peerledger_owner');
insert into public.grant_rules (category, valid_from, valid_to, activity_types) values ('peer_course', '2150-01-01', '2150-12-31', '{kurs_2150}');
update public.grant_rules set valid_to = '2150-11-30' where valid_from = '2150-01-01';
delete from public.grant_rules where valid_from = '2150-01-01';
reset role;
select is_empty('select * from pg_temp.news()', 'which is its own record');

-- Of two sessions that set rules of an organisation, by whichever way, one waits for the other.
create function pg_temp.is_locked(organisation text) returns boolean language sql as $$
    select exists (
        select from pg_locks as lock
        where
            lock.locktype = 'advisory' and lock.pid = pg_backend_pid()
            and (lock.classid::bigint << 32 | lock.objid::bigint)
            = hashtextextended('peerledger grant_rules ' || tests.id('organisation', is_locked.organisation), 0)
    )
$$;
select tests.make_organisation('west');
select tests.make_organisation('east');
select is(pg_temp.is_locked('west'), false, 'who has set none holds nobody up');
insert into public.grant_rules (organisation_id, category, valid_from, activity_types)
values (tests.id('organisation', 'west'), 'peer_course', '2026-01-01', '{kurs}');
select is(pg_temp.is_locked('west'), true, 'who inserts one');
select public.set_grant_rule(tests.id('organisation', 'east'), 'peer_course', '2026-01-01', '{kurs}');
select is(pg_temp.is_locked('east'), true, 'and who calls');
select is(
    pg_temp.refusal('''activity_group'', ''2020-01-01'', ''{tur}''', 'east'), 'done', 'what another organisation has closed is open here'
);
select is(
    tests.refusal(format('update public.grant_rules set min_minutes = 7 where organisation_id = %L', tests.id('organisation', 'east'))),
    '22023 valid_to', 'only valid_to can be changed'
);
select * from finish();
rollback;
