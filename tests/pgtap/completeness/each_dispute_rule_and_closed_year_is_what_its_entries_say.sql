-- Beyond what private.administrative_facts can say: all of a dispute, of a rule and of a closed year, and what of them is lawfully gone.
begin;
select plan(32);
select tests.make_two_organisations();
create function pg_temp.gap("check" text, subject_id uuid, detail text, hole text default null) returns text[]
language sql
as $$ select array[concat_ws(' | ', "check", 'administrative_changes', subject_id, detail, '(' || hole || ')')] $$;
select public.dispute_proxy_activity(tests.id('activity', 'nina for olga'), 'not_me');
select public.resolve_proxy_dispute(tests.id('activity', 'nina for olga'), 'rejected');
select public.dispute_proxy_activity(tests.id('activity', 'nina for berit'), 'other');
-- Disputed, and deleted with its activity; ended and deleted again.
select tests.make_activity('gone', 'olga', 'nina');
select public.dispute_proxy_activity(tests.id('activity', 'gone'), 'other');
create temporary table gone as select * from public.proxy_disputes where activity_id = tests.id('activity', 'gone');
delete from public.activities where id = tests.id('activity', 'gone');
insert into public.grant_rules (organisation_id, category, valid_from, valid_to, activity_types)
values (tests.id('organisation', 'north'), 'peer_course', '2026-01-01', '2026-06-30', '{kurs}');
select public.set_grant_rule(tests.id('organisation', 'north'), 'activity_group', '2026-01-01', '{gruppe}');
select public.set_grant_rule(tests.id('organisation', 'north'), 'activity_group', '2026-03-01', '{gruppe}', min_minutes => 60);
select public.set_grant_rule(tests.id('organisation', 'north'), 'activity_group', '2026-05-01', '{gruppe}', min_minutes => 90);
create temporary table gone_rules as select * from public.grant_rules where organisation_id is not null and min_minutes = 90;
delete from public.grant_rules where id in (select id from gone_rules);
update public.grant_rules set valid_to = '2026-04-15' where min_minutes = 60 and organisation_id is not null;
update public.grant_rules set valid_to = '2026-04-20' where min_minutes = 60 and organisation_id is not null;
select public.close_grant_year(id, 2025) from public.organisations where slug = 'north';
select is(tests.gaps_after('select'), '{}', 'what goes the ordinary way is complete');
select tests.switch_triggers_off();
create temporary table rules as select id, min_minutes, category from public.grant_rules where organisation_id is not null;
create function pg_temp.rule(minutes int) returns uuid
language sql
as $$ select id from rules where min_minutes = minutes $$;
select is(tests.gaps_after(statement), found, statement)
from (
    values
    (
        'update public.proxy_disputes set mentor_id = tests.id(''mentor'', ''olga'') where outcome is null',
        pg_temp.gap('dispute_differs', tests.id('activity', 'nina for berit'), 'it is not what its newest entry says')
    ),
    (
        'update public.proxy_disputes set outcome = ''upheld'' where outcome = ''rejected''',
        pg_temp.gap('dispute_differs', tests.id('activity', 'nina for olga'), 'it is not what its newest entry says')
    ),
    (
        'update public.proxy_disputes set activity_id = tests.id(''activity'', ''olga''''s'') where outcome = ''rejected''',
        pg_temp.gap('dispute_differs', tests.id('activity', 'olga''s'), 'it is not what its newest entry says')
    ),
    (
        'update public.proxy_disputes set organisation_id = tests.id(''organisation'', ''south''), activity_id = tests.id(''activity'', ''sara''''s''), '
        'mentor_id = tests.id(''mentor'', ''sara'') where outcome = ''rejected''',
        pg_temp.gap('dispute_differs', tests.id('activity', 'sara''s'), 'it is not what its newest entry says')
    ),
    (
        'delete from public.proxy_disputes where outcome is null',
        pg_temp.gap('dispute_differs', tests.id('activity', 'nina for berit'), 'it is gone')
    ),
    (
        'update public.grant_rules set valid_to = ''2026-04-15'' where id = pg_temp.rule(60)',
        pg_temp.gap('grant_rule_differs', pg_temp.rule(60), 'it is not what its entries say')
    ),
    (
        'update public.grant_rules set valid_to = null where id = pg_temp.rule(60)',
        pg_temp.gap('grant_rule_differs', pg_temp.rule(60), 'it is not what its entries say')
    ),
    (
        'update public.grant_rules set valid_to = ''2026-07-01'' where category = ''peer_course'' and organisation_id is not null',
        pg_temp.gap('grant_rule_differs', (select id from rules where category = 'peer_course'), 'it is not what its entries say')
    ),
    (
        'update public.grant_rules set organisation_id = tests.id(''organisation'', ''south'') where id = pg_temp.rule(60)',
        pg_temp.gap('grant_rule_differs', pg_temp.rule(60), 'it is not what its entries say')
    ),
    ('update public.grant_rules set created_at = created_at - interval ''1 day'' where id = pg_temp.rule(60)', '{}'),
    ('insert into public.grant_rules select * from gone_rules', pg_temp.gap('grant_rule_differs', (select id from gone_rules), 'it is not what its entries say')),
    (
        'insert into public.grant_rules (id, organisation_id, category, valid_from, activity_types) '
        'values (tests.id(''rule'', ''new''), tests.id(''organisation'', ''south''), ''peer_course'', ''2030-01-01'', ''{kurs}'')',
        pg_temp.gap('grant_rule_differs', tests.id('rule', 'new'), 'it has no entry')
    ),
    ('delete from public.grant_rules where id = pg_temp.rule(60)', pg_temp.gap('grant_rule_differs', pg_temp.rule(60), 'it is gone')),
    (
        'update public.grant_years set sha256 = encode(sha256(''x''), ''hex'')',
        pg_temp.gap('grant_year_differs', tests.id('organisation', 'north'), '2025: its list has another sha256')
    ),
    (
        'update public.grant_years set activities = activities + 1',
        pg_temp.gap('grant_year_differs', tests.id('organisation', 'north'), '2025: it is not what its entry says')
    ),
    (
        'update public.grant_years set year = 2024',
        pg_temp.gap('grant_year_differs', tests.id('organisation', 'north'), '2024: it has no entry')
        || pg_temp.gap('grant_year_differs', tests.id('organisation', 'north'), '2025: it is gone')
    ),
    ('delete from public.grant_years', pg_temp.gap('grant_year_differs', tests.id('organisation', 'north'), '2025: it is gone')),
    (
        'update public.administrative_changes set details = details || ''{"year": 2023}'' where subject_kind = ''grant_year''',
        pg_temp.gap('grant_year_differs', tests.id('organisation', 'north'), '2023: it is gone')
        || pg_temp.gap('grant_year_differs', tests.id('organisation', 'north'), '2025: it has no entry')
    )
) as deed (statement, found);
select is(
    array(
        select found
        from unnest(tests.gaps_after('select tests.make_activity(''gone'', ''olga'', ''nina''); insert into public.proxy_disputes select * from gone')) as found
        where found like 'dispute%'
    ), pg_temp.gap('dispute_differs', tests.id('activity', 'gone'), 'it is not what its newest entry says'), 'a dispute that is back'
);

-- Of seven years ago, with entries that are archived.
create temporary table subjects as
select 'dispute_differs' as kind, tests.id('activity', 'nina for berit') as subject_id, '' as prefix, 'dispute' as subject_kind
union all
select 'grant_rule_differs', pg_temp.rule(60), '', 'grant_rule'
union all
select 'grant_year_differs', tests.id('organisation', 'north'), '2025: ', 'grant_year';
create function pg_temp.without_entries(kind text, subject_id uuid, at text) returns text
language sql
as $$
    select format(
        'delete from public.administrative_changes where subject_kind = %L and subject_id = %L; %s', kind, subject_id,
        case kind
            when 'dispute' then format('update public.proxy_disputes set opened_at = %L where outcome is null', at)
            when 'grant_rule' then format('update public.grant_rules set created_at = %L where id = %L', at, subject_id)
            else format('update public.grant_years set closed_at = %L', at)
        end
    )
$$;
select is(
    tests.gaps_after(pg_temp.without_entries(subject_kind, subject_id, at) || '; select tests.make_archived(''' || archived || ''', ''2019-03-01'')'),
    pg_temp.gap(kind, subject_id, prefix || 'it has no entry', hole), format('%s of %s, %s archived', kind, at, archived)
)
from subjects
cross join (
    values
    ('2019-03-31 23:59:59+00', 'administrative_changes', 'archived'), ('2019-04-01 00:00+00', 'administrative_changes', null),
    ('2019-03-31 23:59:59+00', 'proxy_audit_log', null)
) as given (at, archived, hole);
-- What has an entry is compared with it, however old.
select is(
    tests.gaps_after(statement || '; select tests.make_archived(''administrative_changes'', ''2019-03-01'')'), found, 'old: ' || statement
)
from (
    values
    (
        'update public.proxy_disputes set opened_at = ''2019-03-05'', mentor_id = tests.id(''mentor'', ''olga'') where outcome is null',
        pg_temp.gap('dispute_differs', tests.id('activity', 'nina for berit'), 'it is not what its newest entry says')
    ),
    (
        'update public.grant_rules set created_at = ''2019-03-05'', valid_to = null where id = pg_temp.rule(60)',
        pg_temp.gap('grant_rule_differs', pg_temp.rule(60), 'it is not what its entries say')
    ),
    (
        'update public.grant_years set closed_at = ''2019-03-05'', points = points + 1',
        pg_temp.gap('grant_year_differs', tests.id('organisation', 'north'), '2025: it is not what its entry says')
    )
) as deed (statement, found);
select * from finish();
rollback;
