-- A single activity for which there is headroom goes the short way, which asks nothing that the long one does not: the future,
-- a full day, a mentor who withdrew and badges that are switched off end it, however much room there is.
begin;
select plan(24);
-- Of all clocks the last to begin a day, and the first.
select tests.make_organisation('west');
update public.organisations set time_zone = 'Etc/GMT+12' where slug = 'west';
select tests.make_organisation('east');
update public.organisations set time_zone = 'Pacific/Kiritimati' where slug = 'east';
select tests.make_mentor('vera', 'west');
select tests.make_mentor('erik', 'east');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
select id, 'many', 'Many', '{"metric": "activity_count", "at_least": 100}' from public.organisations;

-- How an activity goes: short, long, or refused for a column.
set local track_functions = 'pl';
create function pg_temp.long_ways() returns bigint
language sql
as $$
    select coalesce(sum(calls), 0)::bigint from pg_stat_xact_user_functions
    where schemaname = 'private' and funcname in ('evaluate_activities', 'require_possible_activities')
$$;
create function pg_temp.way(mentor text, occurred_on date, minutes int default 30) returns text
language plpgsql
as $$
declare
    v_before bigint := pg_temp.long_ways();
    v_detail text;
begin
    if (
        select settled_until is null or headroom is null from private.mentor_measures
        where mentor_id = tests.id('mentor', way.mentor)
    ) then
        return 'there is no room';
    end if;
    insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
    select organisation_id, id, 'visit', way.occurred_on, way.minutes
    from public.peer_mentors where id = tests.id('mentor', way.mentor);
    return case when pg_temp.long_ways() = v_before then 'short' else 'long' end;
exception
    when sqlstate '22023' then
        get stacked diagnostics v_detail = pg_exception_detail;
        return v_detail;
end
$$;
create function pg_temp.today(zone text) returns date language sql as $$ select (now() at time zone today.zone)::date $$;

insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select organisation_id, id, 'visit', '2026-02-01', 30 from public.peer_mentors;
select is(pg_temp.way('vera', '2026-02-02'), 'short', 'there is room');
select is(pg_temp.way('erik', '2026-02-02'), 'short', 'for both');

select is(pg_temp.way('vera', pg_temp.today('Etc/GMT+12')), 'short', 'today, where the day begins last, is nowhere in the future');
select is(pg_temp.way('vera', pg_temp.today('Etc/GMT+12') + 1), 'occurred_on', 'tomorrow there is refused');
select is(
    (select added_activities from private.mentor_measures where mentor_id = tests.id('mentor', 'vera')), 2::bigint,
    'and takes no room'
);
select is(pg_temp.way('erik', pg_temp.today('Pacific/Kiritimati')), 'long', 'today, where it begins first, is looked at, and taken');
select is(pg_temp.way('erik', pg_temp.today('Pacific/Kiritimati') + 1), 'occurred_on', 'tomorrow there is refused');

select is(pg_temp.way('vera', '2026-03-02', 1440), 'short', 'there is room for a full day');
select is(pg_temp.way('vera', '2026-03-02', 1), 'duration_minutes', 'and for no minute more');

select tests.set_status('vera', 'withdrawn');
select is(pg_temp.way('vera', pg_temp.today('Etc/GMT+12')), 'mentor_id', 'who has withdrawn registers nothing, room or not');
select is(pg_temp.way('vera', pg_temp.today('Etc/GMT+12') - 1), 'long', 'what was before is looked at, and taken');
select is(
    (select count(*) from public.badge_evaluation_logs where peer_mentor_id = tests.id('mentor', 'vera')),
    (select count(*) from public.activities where mentor_id = tests.id('mentor', 'vera')), 'with an entry for each'
);
select tests.set_status('vera', 'active');
select is(pg_temp.way('vera', pg_temp.today('Etc/GMT+12')), 'short', 'until they are back');

create function pg_temp.entries() returns text
language sql
as $$
    select format(
        '%s evaluated, %s registered',
        (select count(*) from public.badge_evaluation_logs where peer_mentor_id = tests.id('mentor', 'erik')),
        (select count(*) from public.activity_changes where change_kind = 'registered' and mentor_id = tests.id('mentor', 'erik'))
    )
$$;
select is(pg_temp.entries(), '3 evaluated, 0 registered', 'each activity was evaluated');
insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'west'), false);
select is(pg_temp.way('erik', '2026-02-03'), 'short', 'another organisation that switches badges off is none of theirs');
select is(pg_temp.entries(), '4 evaluated, 0 registered', 'so that one was, too');
insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'east'), false);
select is(pg_temp.way('erik', '2026-02-04'), 'long', 'there is room when badges are switched off, and no short way');
select is(pg_temp.entries(), '4 evaluated, 1 registered', 'but nothing is evaluated, and what was registered is on record');
select is_empty('select from public.earned_badges', 'nobody has a badge');
update public.organisation_settings set badges_enabled = true;
select isnt(pg_temp.way('erik', '2026-02-05'), 'there is no room', 'the room lasts');
select is(pg_temp.entries(), '5 evaluated, 1 registered', 'and they are evaluated again when badges are on');
select is(pg_temp.way('erik', '2026-02-06'), 'short', 'and the way is short again');
select is(
    (select sum(activity_count) from private.activity_days), (select count(*) from public.activities)::numeric,
    'whichever way it went, each is counted once'
);
select is_empty('select * from private.check_badge_rollups()', 'and all is right');
select * from finish();
rollback;
