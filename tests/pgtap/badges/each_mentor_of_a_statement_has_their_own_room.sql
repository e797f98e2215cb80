-- Of many mentors in one statement each has their own days, bounds and room; and what has room is counted without any of the rest.
begin;
select plan(27);

select tests.make_organisation('both');
select tests.make_mentor('berit', 'both');
select tests.make_mentor('olga', 'both');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values
(tests.id('organisation', 'both'), 'eight-days', 'Eight days', '{"metric": "distinct_days", "at_least": 8}'),
(tests.id('organisation', 'both'), 'three', 'Three in a week', '{"metric": "activity_count", "at_least": 3, "within_days": 7}');

create function pg_temp.together(entries text[]) returns text
language plpgsql
as $$
begin
    insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
    select
        tests.id('organisation', 'both'), tests.id('mentor', split_part(entry, '@', 1)), 'visit', split_part(entry, '@', 2)::date, 60
    from unnest(together.entries) as entry;
    return (
        select string_agg(
            case
                when known.added_activities > 0 then 's'
                else (
                    select string_agg(measure.value, '/' order by measure.key::bigint) from jsonb_each_text(known.measures) as measure
                )
            end || (select repeat('!', count(*)::int) from public.earned_badges as earned where earned.mentor_id = known.mentor_id),
            ' ' order by known.mentor_id = tests.id('mentor', 'olga')
        )
        from private.mentor_measures as known
        where known.organisation_id = tests.id('organisation', 'both')
    );
end
$$;

select is(
    pg_temp.together('{berit@2026-01-05, olga@2026-03-02, olga@2026-03-03}'), '1/1 2/2', 'each has what is theirs'
);
select is(pg_temp.together('{berit@2026-01-06, olga@2026-03-04}'), 's 3/3!', 'one has room, the other has not');
select is(
    pg_temp.together('{berit@2026-01-07, olga@2026-03-05, olga@2026-03-06, olga@2026-03-07, olga@2026-03-08}'), '3/3! s!',
    'and the other way round'
);
update private.mentor_measures set headroom = null where organisation_id = tests.id('organisation', 'both');
select is(pg_temp.together('{berit@2026-02-02, olga@2026-03-09}'), '3/4! 3/8!!', 'or neither, and each bound rises by itself');
select results_eq(
    $$ select mentor_id, latest_on from private.mentor_measures where organisation_id = tests.id('organisation', 'both') order by latest_on $$,
    $$ values (tests.id('mentor', 'berit'), date '2026-02-02'), (tests.id('mentor', 'olga'), date '2026-03-09') $$,
    'with latest days of their own'
);
select is(
    pg_temp.together('{berit@2026-02-03, berit@2026-02-04, berit@2026-02-05, berit@2026-02-06, olga@2026-03-10}'), '3/8!! s!!',
    'nobody has room for the entries of another'
);
select tests.make_mentor('tone', 'both');
select tests.make_mentor('vera', 'both');
select from pg_temp.together('{tone@2026-01-05, vera@2026-01-05}');
select from pg_temp.together('{tone@2026-01-06, tone@2026-01-07, vera@2026-01-20, vera@2026-02-05}');
select is(
    array(select mentor_id from public.earned_badges where mentor_id in (tests.id('mentor', 'tone'), tests.id('mentor', 'vera'))),
    array[tests.id('mentor', 'tone')], 'of two whose bounds cross a threshold one may have reached it'
);
select is_empty('select * from private.check_badge_rollups()', 'the rollups, measures and headroom of all of them are right');
select is_empty(
    $$
        select mentor.mentor_id, measure.id
        from private.mentor_measures as mentor
        cross join lateral jsonb_object_keys(mentor.measures) as known (id)
        inner join private.badge_measures as measure on measure.id = known.id::bigint
        where measure.organisation_id <> mentor.organisation_id
    $$,
    'none has a measure of another organisation'
);

-- What fits is counted without any of the rest, which is away here.
create function pg_temp.is_short(criteria jsonb, occurred_on date) returns boolean
language plpgsql
as $$
declare
    v_name text := 'm' || md5(is_short.criteria::text || is_short.occurred_on::text);
    v_is_short boolean := true;
begin
    perform tests.make_organisation(v_name);
    perform tests.make_mentor(v_name, v_name);
    insert into public.badge_definitions (organisation_id, slug, name, criteria)
    values (tests.id('organisation', v_name), 'badge', 'Badge', is_short.criteria);
    insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
    values (tests.id('organisation', v_name), tests.id('mentor', v_name), 'visit', '2026-01-05', 60);
    alter function private.evaluate_activities rename to evaluate_activities_away;
    begin
        insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
        values (tests.id('organisation', v_name), tests.id('mentor', v_name), 'visit', is_short.occurred_on, 60);
    exception
        when undefined_function then
            v_is_short := false;
    end;
    alter function private.evaluate_activities_away rename to evaluate_activities;
    return v_is_short;
end
$$;

select is(
    pg_temp.is_short(
        format('{"metric": "%s", "at_least": %s, "activity_types": ["%s"]}', asked.metric, asked.at_least, asked.activity_type)::jsonb,
        asked.occurred_on::date
    ),
    asked.is_short,
    format('%s of %s in %s on %s', asked.at_least, asked.activity_type, asked.metric, asked.occurred_on)
)
from (
    values
    ('activity_count', 3, 'visit', '2026-01-05', true), ('activity_count', 2, 'visit', '2026-01-05', false),
    ('minutes_total', 121, 'visit', '2026-01-05', true), ('minutes_total', 120, 'visit', '2026-01-05', false),
    ('participants_total', 3, 'visit', '2026-01-05', true), ('participants_total', 2, 'visit', '2026-01-05', false),
    ('consecutive_weeks', 3, 'visit', '2026-01-11', true), ('consecutive_weeks', 2, 'visit', '2026-01-12', false),
    ('consecutive_weeks', 4, 'visit', '2026-01-04', true), ('consecutive_weeks', 3, 'visit', '2026-01-04', false),
    ('activity_count', 1, 'phone', '2026-01-05', true)
) as asked (metric, at_least, activity_type, occurred_on, is_short);
select is(
    pg_temp.is_short('{"metric": "consecutive_weeks", "at_least": 2}', '2026-01-05'), true, 'the week that counts has room for any number'
);
select is(pg_temp.is_short('{"metric": "consecutive_weeks", "at_least": 2}', '2026-01-11'), true, 'until its last day');

-- What cannot have happened is refused to those who have room, too, and days are counted as they are.
select tests.make_organisation('room');
select tests.make_mentor('kari', 'room');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'room'), 'hundred', 'Hundred', '{"metric": "activity_count", "at_least": 100}');
create function pg_temp.register(occurred_on date, minutes int, delivery_mode text default 'in_person') returns void
language sql
as $$
    insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, delivery_mode)
    values (tests.id('organisation', 'room'), tests.id('mentor', 'kari'), 'visit', occurred_on, minutes, delivery_mode)
$$;
select pg_temp.register('2026-01-05', 60);
select throws_ok($$ select pg_temp.register('2026-01-05', 1381) $$, '22023', null, 'a day has 24 hours');
select lives_ok($$ select pg_temp.register('2026-01-05', 1380) $$, 'all of them');
select throws_ok($$ select pg_temp.register(current_date + 3, 60) $$, '22023', null, 'what is still to come has not happened');
update public.activities set voided_at = now() where mentor_id = tests.id('mentor', 'kari') and duration_minutes = 1380;
select pg_temp.register(day, 60, mode)
from (
    values
    (date '2026-01-05', 'in_person'), ('2026-01-05', 'video'), ('2026-01-05', 'video'), ('2026-01-05', 'in_person')
) as entry (day, mode);
select is(
    (select added_activities from private.mentor_measures where mentor_id = tests.id('mentor', 'kari')), 2::bigint,
    'the last two of these fitted'
);
select is_empty('select * from private.check_badge_rollups()', 'voided ones and other modes are told apart');
select * from finish();
rollback;
