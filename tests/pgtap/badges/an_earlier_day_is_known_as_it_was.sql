-- What explain_badge reads with as_of: the activities as they stood at a moment, whatever became of them since, and of whomever they are now.
begin;
select plan(11);
select tests.make_two_organisations();
delete from public.activities;
-- What is switched off leaves an entry of its own when an activity is registered, which is no state before a change.
insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'north'), false);
create temporary table moment (name text primary key, at timestamptz);
create function pg_temp.now_is(name text) returns void language sql as $$ insert into moment values (now_is.name, clock_timestamp()) $$;
create function pg_temp.known(mentor text, name text default null) returns text
language sql
as $$
    select string_agg(
        format(
            '%s %s %s %sx%s%s', known.activity_type, to_char(known.occurred_on, 'FMDD.FMMM'), known.delivery_mode, known.duration_minutes,
            known.participant_count, case when known.is_voided then ' voided' end
        ), ', ' order by known.activity_type, known.duration_minutes
    )
    from private.activities_as_of(
        tests.id('mentor', known.mentor), case when known.name is not null then (select moment.at from moment where moment.name = known.name) end
    ) as known
$$;
select tests.make_mentor('kari', 'north');
select pg_temp.now_is('begin');
insert into public.activities (
    id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count, delivery_mode, created_at, updated_at
)
select
    tests.id('activity', activity_type), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), activity_type, '2026-02-01', 60, 3,
    'phone', clock_timestamp(), clock_timestamp()
from unnest('{cafe, gone, moved, plain}'::text[]) as activity_type;
-- History that was brought in has the time at which it was registered elsewhere.
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, created_at)
values (tests.id('organisation', 'north'), tests.id('mentor', 'kari'), 'brought', '2026-01-01', 15, '2026-01-02');
select pg_temp.now_is('registered');
update public.activities set duration_minutes = 30, participant_count = 2, delivery_mode = 'online', occurred_on = '2026-02-02'
where activity_type = 'cafe';
select pg_temp.now_is('changed');
update public.activities set voided_at = now(), duration_minutes = 20 where activity_type = 'cafe';
delete from public.activities where activity_type = 'gone';
update public.activities set mentor_id = tests.id('mentor', 'berit') where activity_type = 'moved';
select pg_temp.now_is('end');

select is(
    pg_temp.known('olga'), 'cafe 2.2 online 20x2 voided, plain 1.2 phone 60x3', 'as it is: one was changed, one is gone, one is another''s'
);
select is(pg_temp.known('olga', 'end'), pg_temp.known('olga'), 'which is what the last moment knows');
select is(
    pg_temp.known('olga', 'registered'), 'cafe 1.2 phone 60x3, gone 1.2 phone 60x3, moved 1.2 phone 60x3, plain 1.2 phone 60x3',
    'all four as they were registered: of several changes since, the first tells'
);
select is(
    pg_temp.known('olga', 'changed'), 'cafe 2.2 online 30x2, gone 1.2 phone 60x3, moved 1.2 phone 60x3, plain 1.2 phone 60x3',
    'between two changes, as the first left it'
);
select is(pg_temp.known('olga', 'begin'), null, 'before they were registered there were none');
select is(pg_temp.known('berit', 'changed'), null, 'whoever has it now did not have it then');
select is(pg_temp.known('berit', 'end'), 'moved 1.2 phone 60x3', 'and does at the end');
select is(pg_temp.known('kari', 'begin'), 'brought 1.1 in_person 15x1', 'what was brought in was known before');
select is(pg_temp.known('kari', 'end'), 'brought 1.1 in_person 15x1', 'and after');
select is(pg_temp.known('sara', 'end'), null, 'nobody else has any of it');
select is((select count(*) from public.activity_changes where change_kind = 'registered'), 5::bigint, 'though each was put on record');
select * from finish();
rollback;
