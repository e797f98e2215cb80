begin;
select plan(43);
select tests.make_two_organisations();
insert into public.activities (id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes, participant_count)
select
    tests.id('activity', name), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('user', 'nina'), activity_type, day, minutes,
    participants
from (
    values
    ('voided later', 'conversation', date '2024-01-01', 30, 1), ('disputed later', 'conversation', '2024-02-29', 30, 1),
    ('shortened later', 'talk_group', '2024-06-01', 60, 5), ('longer later', 'talk_group', '2024-06-02', 44, 5),
    ('moved away', 'conversation', '2024-12-31', 30, 1), ('deleted later', 'conversation', '2024-07-01', 30, 1),
    ('same', 'conversation', '2024-08-01', 30, 1), ('of another year', 'conversation', '2025-01-01', 30, 1)
) as activity (name, activity_type, day, minutes, participants);
create temporary view differences as
select * from public.get_grant_differences(tests.id('organisation', 'north'), 2024);

select throws_ok('select * from differences', 'PT404', null, 'a year that is not closed has nothing to compare');
select is(
    tests.outcome(role, tests.id('user', user_name), format('select public.close_grant_year(%L, 2024)', tests.id('organisation', 'north'))),
    outcome, format('%s closes it: %s', coalesce(user_name, role), outcome)
)
from (
    values
    ('authenticated', 'olga', 'PT404'), ('authenticated', 'oskar', '42501'), ('authenticated', 'sven', 'PT404'),
    ('anon', null, '42501'), ('service_role', null, '1'), ('authenticated', 'nina', '1')
) as attempt (role, user_name, outcome);
select throws_ok(
    format('select public.close_grant_year(%L, 2199)', tests.id('organisation', 'north')), '22023', null, 'a year that has not begun is not closed'
);

select tests.acts_as('authenticated', tests.id('user', 'nina'));
create temporary table closed as select * from public.close_grant_year(tests.id('organisation', 'north'), 2024);
reset role;
select results_eq('select year, activities, counted, points from closed', 'values (2024, 7::bigint, 6::bigint, 6::bigint)', 'the count of that day is kept');
select results_eq(
    $$ select changed_by, subject_id, details from public.administrative_changes where subject_kind = 'grant_year' and change_kind = 'closed' $$,
    $$
    select
        tests.id('user', 'nina'), tests.id('organisation', 'north'),
        jsonb_build_object('year', 2024, 'activities', 7, 'counted', 6, 'points', 6, 'sha256', sha256)
    from closed
    $$,
    'count, points and sha256 are on record'
);
select results_eq(
    'select sha256 from closed',
    $$
    select encode(sha256(convert_to(string_agg(line || e'\n', '' order by activity_id), 'UTF8')), 'hex')
    from private.grant_year_activities where year = 2024
    $$,
    'the sha256 is that of the list'
);
select is(private.grant_list_sha256(tests.id('organisation', 'north'), 2024), (select sha256 from closed), 'as anybody can compute it again');
select is_empty('select * from differences', 'at first nothing is different');

update public.activities set voided_at = now() where id = tests.id('activity', 'voided later');
select public.dispute_proxy_activity(tests.id('activity', 'disputed later'), 'not_me');
update public.activities set duration_minutes = 44 where id = tests.id('activity', 'shortened later');
update public.activities set duration_minutes = 45 where id = tests.id('activity', 'longer later');
update public.activities set occurred_on = '2025-01-02' where id = tests.id('activity', 'moved away');
delete from public.activities where id = tests.id('activity', 'deleted later');
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (tests.id('activity', 'late entry'), tests.id('organisation', 'north'), tests.id('mentor', 'berit'), 'conversation', '2024-03-01', 30);
select results_eq(
    $$ select change_kind, counted_then, counted_now, points_then, points_now, reasons_now, total_count from differences order by (
        select name from unnest(array['voided later', 'disputed later', 'shortened later', 'longer later', 'moved away', 'deleted later', 'late entry'])
        with ordinality as given (name, place) where tests.id('activity', name) = activity_id and place is not null) $$,
    $$
    values
    ('removed', true, false, 1, 0, '{}'::text[], 7::bigint),
    ('changed', true, false, 1, 0, '{disputed}', 7),
    ('added', false, true, 0, 1, '{}', 7),
    ('changed', false, true, 0, 1, '{}', 7),
    ('removed', true, false, 1, 0, '{}', 7),
    ('changed', true, false, 1, 0, '{too_short}', 7),
    ('changed', true, false, 1, 0, '{voided}', 7)
    $$,
    'each later change is told, with what it was then and is now'
);
select is(
    (select changed_fields from differences where activity_id = tests.id('activity', 'shortened later')),
    '{duration_minutes,is_counted,points,reasons}', 'and which of its fields changed'
);
select results_eq(
    $$
    select mentor_id, category_then, category_now, reasons_then, changed_fields from differences
    where activity_id in (tests.id('activity', 'late entry'), tests.id('activity', 'deleted later'), tests.id('activity', 'longer later'))
    order by change_kind
    $$,
    $$
    values
    (tests.id('mentor', 'berit'), null, 'outreach_conversation', '{}'::text[], '{}'::text[]),
    (
        tests.id('mentor', 'olga'), 'conversation_group', 'conversation_group', '{too_short}',
        '{duration_minutes,is_counted,points,reasons}'
    ),
    (tests.id('mentor', 'olga'), 'outreach_conversation', null, '{}', '{}')
    $$,
    'of what was added there was nothing before, and of what was removed there is nothing now'
);
select results_eq(
    format('select activity_id, total_count from public.get_grant_differences(%L, 2024, 3, 2)', tests.id('organisation', 'north')),
    'select activity_id, 7::bigint from differences order by activity_id limit 3 offset 2', 'a page at a time, by id'
);
select throws_ok(
    format('select public.get_grant_differences(%L, %s)', tests.id('organisation', 'north'), arguments), code, null,
    format('differences of %s: %s', arguments, code)
)
from (
    values
    ('2024, 1001', '22023'), ('2024, 10, -1', '22023'), ('1969', '22023'), ('1970', 'PT404'), ('2199', 'PT404'), ('2200', '22023'),
    ('null', '22023'), ('2023', 'PT404')
) as given (arguments, code);
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (tests.id('activity', 'of the south'), tests.id('organisation', 'south'), tests.id('mentor', 'sara'), 'conversation', '2024-01-01', 30);
select throws_ok(
    format('select public.get_grant_differences(%L, 2024)', tests.id('organisation', 'south')), 'PT404', null,
    'what another organisation closed is not closed here'
);
select public.close_grant_year(tests.id('organisation', 'south'), 2024);
select is_empty(
    format('select * from public.get_grant_differences(%L, 2024)', tests.id('organisation', 'south')), 'nor are its differences told here'
);
select is((select count(*) from differences), 7::bigint, 'or the other way round');
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'conversation', '2023-12-31', 30);
select public.close_grant_year(tests.id('organisation', 'north'), 2023);
select is((select count(*) from differences), 7::bigint, 'nor those of another year');
select lives_ok(format('select public.close_grant_year(%L, 1970)', tests.id('organisation', 'north')), 'the first year that there can be');
select is(
    exists (
        select from pg_locks as lock
        where
            lock.locktype = 'advisory' and lock.pid = pg_backend_pid()
            and (lock.classid::bigint << 32 | lock.objid::bigint)
            = hashtextextended(format('peerledger grant_years %s %s', tests.id('organisation', name), 1970), 0)
    ), is_locked, 'of two who close a year at once one waits: ' || name
)
from (values ('north', true), ('south', false)) as given (name, is_locked);
select is(
    tests.refusal(format('select public.close_grant_year(%L, 2199)', tests.id('organisation', 'north'))), '22023 year', 'the argument is named'
);
select throws_ok(
    format('select public.close_grant_year(%L, %s)', tests.id('organisation', 'north'), year), '22023', null, 'not a year to close: ' || year
)
from unnest(array['1969', '2200', 'null']) as year;
select results_eq(
    format('select sha256, activities from public.close_grant_year(%L, 2024)', tests.id('organisation', 'north')),
    'select sha256, activities from closed', 'closed again, it stays as it was closed'
);
select throws_ok(
    format('select public.set_grant_rule(%L, ''peer_course'', ''2024-12-31'', ''{kurs}'')', tests.id('organisation', 'north')),
    '22023', null, 'no rule begins in a closed year'
);
select lives_ok(
    format('select public.set_grant_rule(%L, ''peer_course'', ''2025-01-01'', ''{kurs}'')', tests.id('organisation', 'north')),
    'but after it'
);
select throws_ok(
    format('update public.grant_rules set min_minutes = 2 where organisation_id = %L', tests.id('organisation', 'north')),
    '22023', null, 'a rule is ended and not changed, by anybody'
);
select throws_ok(statement, '42501', null, 'refused to everybody: ' || statement)
from (
    values
    ('update public.grant_years set counted = 7'), ('delete from public.grant_years'),
    ('update private.grant_year_activities set line = ''{}''')
) as given (statement);
select * from finish();
rollback;
