-- Whoever sends an activity does not choose its times; each change of it is one entry, whole, and of what stayed there is none.
begin;
select plan(30);
select tests.make_two_organisations();
create function pg_temp.times(activity text) returns text
language sql security definer
as $$
    select concat_ws(
        ' ', case created_at when now() then 'now' else created_at::date::text end, case updated_at when now() then 'now' else updated_at::date::text end
    )
    from public.activities where id = tests.id('activity', times.activity)
$$;
alter table public.activities disable trigger user;
update public.activities set created_at = '2026-01-15', updated_at = '2026-01-15' where mentor_id = tests.id('mentor', 'olga');
alter table public.activities enable trigger user;
select tests.acts_as('authenticated', tests.id('user', 'olga'));
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, created_at, updated_at)
values (tests.id('activity', 'new'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'walk', '2026-01-15', 30, '2020-01-01', '2020-01-01');
select is(pg_temp.times('new'), 'now now', 'a mentor''s own is of now, whatever they send');
update public.activities set updated_at = '2020-01-01', duration_minutes = duration_minutes where id = tests.id('activity', 'olga''s');
select is(pg_temp.times('olga''s'), '2026-01-15 2026-01-15', 'what changes nothing is no change');
update public.activities set created_at = '2020-01-01', updated_at = '2020-01-01', duration_minutes = 31 where id = tests.id('activity', 'olga''s');
select is(pg_temp.times('olga''s'), '2026-01-15 now', 'what changes something is of now');
select tests.acts_as('service_role');
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, created_at, updated_at)
values (tests.id('activity', 'history'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'walk', '2020-01-01', 30, '2020-01-01', '2020-01-01');
select is(pg_temp.times('history'), '2020-01-01 2020-01-01', 'what the service role brings in is history');
update public.activities set updated_at = '2021-01-01' where id = tests.id('activity', 'history');
select is(pg_temp.times('history'), '2020-01-01 2020-01-01', 'whose time of a change it does not choose either');
update public.activities set created_at = '2021-01-01' where id = tests.id('activity', 'history');
select is(pg_temp.times('history'), '2021-01-01 now', 'that of the registration it may correct');
reset role;
update public.activities set created_at = '2022-01-01' where id = tests.id('activity', 'history');
select is(pg_temp.times('history'), '2022-01-01 now', 'as may the database''s own staff');
select tests.acts_as('peerledger_owner');
update public.activities set created_at = '2023-01-01' where id = tests.id('activity', 'history');
reset role;
select is(pg_temp.times('history'), '2023-01-01 now', 'in whichever role');

delete from public.activities where id = tests.id('activity', 'history');
select tests.make_activity(name, 'olga') from unnest(array['one', 'two', 'three']) as name;
update public.activities set voided_at = now() where id = tests.id('activity', 'three');
create temporary table seen as select id from public.activity_changes;
create function pg_temp.news() returns table (name text, change_kind text, mentor_id uuid, before jsonb, after jsonb)
language sql
as $$
    select known.name, entry.change_kind, entry.mentor_id, entry.before, entry.after
    from public.activity_changes as entry
    inner join (values ('one'), ('two'), ('three')) as known (name) on tests.id('activity', known.name) = entry.activity_id
    where entry.id not in (select id from seen)
    order by known.name
$$;
-- One statement: the first changed, the second voided, the third brought back.
create temporary table before as
select private.activity_change_record(to_jsonb(activity)) as record, activity.id from public.activities as activity;
update public.activities
set
    duration_minutes = case when id = tests.id('activity', 'one') then 20 else duration_minutes end,
    place = case when id = tests.id('activity', 'one') then 'abroad' end,
    role = case when id = tests.id('activity', 'one') then 'leader' end,
    event_id = case when id = tests.id('activity', 'one') then tests.id('event', 'walk') end,
    voided_at = case when id = tests.id('activity', 'two') then now() end
where id in (select tests.id('activity', name) from unnest(array['one', 'two', 'three']) as name);
select results_eq(
    'select name, change_kind, mentor_id, before, after from pg_temp.news()',
    $$
        select
            name, kind, tests.id('mentor', 'olga'), before.record,
            before.record || jsonb_build_object('updated_at', after.record -> 'updated_at') || change
        from (
            values
            ('one', 'changed', jsonb_build_object('duration_minutes', 20, 'place', 'abroad', 'role', 'leader', 'event_id', tests.id('event', 'walk'))),
            ('two', 'voided', jsonb_build_object('voided_at', (to_jsonb(now() at time zone 'utc') #>> '{}') || '+00:00')), ('three', 'restored', '{"voided_at": null}')
        ) as expected (name, kind, change)
        inner join before on before.id = tests.id('activity', name)
        cross join lateral (
            select private.activity_change_record(to_jsonb(activity)) as record from public.activities as activity where activity.id = before.id
        ) as after
        order by name
    $$, 'each has an entry of its own, of its own kind, with both records'
);
insert into seen select id from public.activity_changes on conflict do nothing;
-- Of a voided one, another change is a change.
update public.activities set duration_minutes = 25 where id in (tests.id('activity', 'one'), tests.id('activity', 'two'));
update public.activities set voided_at = now() - interval '1 hour' where id = tests.id('activity', 'two');
select results_eq(
    'select name, change_kind from pg_temp.news() order by 1', $$ values ('one', 'changed'), ('two', 'changed'), ('two', 'changed') $$,
    'neither voided nor restored, what was so before'
);
select is(
    (select record from before where id = tests.id('activity', 'one')) ?| array['place', 'role', 'event_id'], false, 'what was not recorded is in no record'
);

-- An id that is taken by what one may see.
create function pg_temp.send(mentor text, id uuid) returns text
language sql
as $$
    select format(
        'insert into public.activities (id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes) '
        'values (%L, %L, %L, %L, ''walk'', ''2026-02-02'', 30)', send.id, tests.id('organisation', 'north'), tests.id('mentor', send.mentor), tests.id('user', 'nina')
    )
$$;
select is(
    tests.outcome('authenticated', tests.id('user', 'nina'), pg_temp.send('olga', tests.id('activity', 'berit''s'))), '23505',
    'a coordinator may know that a mentor''s id is taken'
);
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is(tests.refusal(pg_temp.send('olga', tests.id('activity', 'sara''s'))), '42501 id', 'and of another organisation''s is told which field');
reset role;

-- A note stays with its activity.
insert into public.activity_notes (activity_id, organisation_id, body) values (tests.id('activity', 'olga''s'), tests.id('organisation', 'north'), 'a word');
select is(
    tests.outcome('authenticated', tests.id('user', 'olga'), format('update public.activity_notes set activity_id = %L', tests.id('activity', 'one'))), '42501',
    'a note cannot be moved to another activity'
);
select is(
    tests.outcome('authenticated', tests.id('user', 'olga'), format('update public.activity_notes set organisation_id = %L', tests.id('organisation', 'south'))), '42501',
    'nor to another organisation'
);
select is(
    tests.outcome('authenticated', tests.id('user', 'olga'), 'update public.activity_notes set activity_id = activity_id, organisation_id = organisation_id, body = ''another'''),
    '1', 'but sent again as it is'
);

-- Beyond the limits already: the update that an upsert becomes is judged by what it changes.
alter table public.activities disable trigger user;
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count, delivery_mode)
values (tests.id('activity', 'old'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'b12345', '2199-12-31', 1440, 100000, 'x12345');
alter table public.activities enable trigger user;
select tests.acts_as('authenticated', tests.id('user', 'olga'));
select is(
    tests.refusal(format(
        'insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count, delivery_mode) '
        'values (%L, %L, %L, %L, %L, %L, %L, %L) on conflict (id) do nothing',
        tests.id('activity', 'old'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), activity_type, occurred_on, minutes, participants, mode
    )), refused, format('sent again as %s of %s, %s minutes, %s participants, %s', activity_type, occurred_on, minutes, participants, mode)
)
from (
    values
    ('b12345', '2199-12-31', 1440, 100000, 'x12345', 'done'), ('b12345', '2200-01-01', 1440, 100000, 'x12345', '22023 occurred_on'),
    ('b12345', '2024-01-01', 1441, 100000, 'x12345', '22023 duration_minutes'), ('b12345', '2024-01-01', 30, 100001, 'x12345', '22023 participant_count'),
    ('1b', '2024-01-01', 30, 1, 'x12345', '22023 activity_type'), ('b12345', '2024-01-01', 30, 1, '1x', '22023 activity_type'),
    ('visit', '2024-01-01', 30, 1, '1x', '22023 delivery_mode')
) as sent (activity_type, occurred_on, minutes, participants, mode, refused);
-- What is at a limit is not beyond it: the column that is, is named.
select is(
    tests.refusal(format(
        'insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count, delivery_mode) '
        'values (%L, %L, %L, %L, %L, %L, %L)',
        tests.id('organisation', 'north'), tests.id('mentor', 'olga'), activity_type, occurred_on, minutes, participants, mode
    )), refused, format('%s of %s, %s minutes, %s participants, %s', activity_type, occurred_on, minutes, participants, mode)
)
from (
    values
    ('visit', date '1970-01-01', 30, 10001, 'phone', '22023 participant_count'),
    ('visit', (now() at time zone 'Pacific/Kiritimati')::date, 30, 10001, 'phone', '22023 participant_count'),
    ('visit', '2024-01-01', 1440, 10001, 'phone', '22023 participant_count'), ('1b', '2024-01-01', 30, 10000, 'phone', '22023 activity_type'),
    ('visit', '2024-01-01', 30, 1, 'kurs_2026-11-27', 'done')
) as given (activity_type, occurred_on, minutes, participants, mode, refused);
select is(
    tests.refusal(format('update public.activities set %s where id = %L', change, tests.id('activity', 'old'))), refused, 'of one that is beyond them: ' || change
)
from (
    values ('delivery_mode = ''x99999''', '22023 delivery_mode'), ('activity_type = ''kurs_2026-11-27''', 'done')
) as given (change, refused);
select * from finish();
rollback;
