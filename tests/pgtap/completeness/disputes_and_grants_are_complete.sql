-- What is changed with the triggers off has no entry, and is found; what went the ordinary way is not.
begin;
select plan(11);
select tests.make_two_organisations();
create function pg_temp.gaps() returns setof text
language sql
as $$ select "check" || ': ' || detail from private.gaps_in_disputes_and_grants() where hole is null order by 1 $$;
select public.dispute_proxy_activity(tests.id('activity', 'nina for olga'), 'not_me');
select public.resolve_proxy_dispute(tests.id('activity', 'nina for olga'), 'rejected');
select public.dispute_proxy_activity(tests.id('activity', 'nina for olga'), 'wrong_day');
select public.dispute_proxy_activity(tests.id('activity', 'nina for berit'), 'other');
select public.set_grant_rule(tests.id('organisation', 'north'), 'peer_course', '2026-01-01', '{kurs}');
select public.set_grant_rule(tests.id('organisation', 'north'), 'peer_course', '2026-02-01', '{kurs}', min_minutes => 45);
select public.set_grant_rule(tests.id('organisation', 'north'), 'peer_course', '2026-02-01', '{kurs}', min_minutes => 60);
select public.close_grant_year(id, year) from public.organisations, unnest(array[2024, 2025, 2026]) as year;
select tests.make_mentor('olga again', 'north', 'oslo');
select public.merge_mentors(tests.id('mentor', 'olga'), tests.id('mentor', 'olga again'));
delete from public.activities where id = tests.id('activity', 'nina for berit');
select is_empty('select pg_temp.gaps()', 'what went the ordinary way is complete');

create function pg_temp.after(statement text) returns text[]
language sql
as $$
    select tests.answers_after(
        'set local session_replication_role = ''replica''; ' || after.statement || '; set local session_replication_role = ''origin''',
        'select pg_temp.gaps()'
    )
$$;
select is(pg_temp.after(statement), array[finding], statement)
from (
    values
    ('update public.proxy_disputes set outcome = ''rejected'', resolved_at = now() where outcome is null', 'dispute_differs: it is not what its newest entry says'),
    ('update public.proxy_disputes set reason_code = ''duplicate'' where outcome is null', 'dispute_differs: it is not what its newest entry says'),
    ('delete from public.proxy_disputes where outcome is null', 'dispute_differs: it is gone'),
    (
        'insert into public.proxy_disputes (organisation_id, activity_id, mentor_id, reason_code, outcome, resolved_at) '
        'select organisation_id, activity_id, mentor_id, ''other'', ''upheld'', now() from public.proxy_disputes where outcome is null',
        'dispute_differs: it has no entry'
    ),
    ('update public.grant_rules set min_minutes = 1 where min_minutes = 60', 'grant_rule_differs: it is not what its entries say'),
    ('update public.grant_rules set valid_to = ''2026-12-31'' where min_minutes = 60', 'grant_rule_differs: it is not what its entries say'),
    ('delete from public.grant_rules where min_minutes = 60 and organisation_id is not null', 'grant_rule_differs: it is gone'),
    (
        'update public.grant_years set points = points + 1 where year = 2025 and organisation_id = tests.id(''organisation'', ''north'')',
        'grant_year_differs: 2025: it is not what its entry says'
    ),
    (
        'update private.grant_year_activities set line = line || '' '' '
        'where activity_id = tests.id(''activity'', ''berit''''s'')',
        'grant_year_differs: 2026: its list has another sha256'
    ),
    (
        'delete from public.grant_years where year = 2024 and organisation_id = tests.id(''organisation'', ''north'')',
        'grant_year_differs: 2024: it is gone'
    )
) as attempt (statement, finding);
select * from finish();
rollback;
