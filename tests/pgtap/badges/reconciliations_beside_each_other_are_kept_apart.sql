-- Two people, or a person and the night, reconcile at the same time, from different times on.
begin;
select plan(21);
select tests.make_two_organisations();
delete from public.activities;
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values
(tests.id('organisation', 'north'), 'one', 'One', '{"metric": "activity_count", "at_least": 1}'),
(tests.id('organisation', 'north'), 'old', 'Old', '{"metric": "tenure_days", "at_least": 400}');
select public.evaluate_badges(id) from public.peer_mentors where organisation_id = tests.id('organisation', 'north');
alter table public.activities disable trigger user;
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, updated_at)
select organisation_id, id, 'visit', '2026-01-15', 30, case display_name when 'olga' then now() else now() - interval '3 days' end
from public.peer_mentors;
alter table public.activities enable trigger user;

select throws_ok('select public.start_badge_reconciliation(null)', '22023', null, 'there is a time that it begins at');
create temporary table started as
select 'day' as name, public.start_badge_reconciliation(now() - interval '1 day', null) as id
union all
select 'week', public.start_badge_reconciliation(now() - interval '7 days', true);
create function pg_temp.progress(name text) returns text
language sql
as $$
    select format(
        '%s of %s, %s found, %s awarded, %s waiting%s', found.mentors_done, found.mentors_total, found.mentors_missing, found.badges_awarded,
        (select count(*) from private.badge_reconciliation_mentors as waiting where waiting.reconciliation_id = found.id),
        case when found.finished_at is not null then ', finished' end
    )
    from private.badge_reconciliations as found
    where found.id = (select started.id from started where started.name = progress.name)
$$;
create function pg_temp.continue(name text, batch_size int default 500) returns text
language plpgsql
as $$
begin
    perform public.continue_badge_reconciliation((select started.id from started where started.name = continue.name), continue.batch_size);
    return pg_temp.progress(continue.name);
end
$$;
select is(
    (select suppress_notifications from private.badge_reconciliations where id = (select id from started where name = 'day')), false,
    'without a word people are told of their badges'
);
select is(pg_temp.progress('day'), '0 of 1, 0 found, 0 awarded, 1 waiting', 'of a day one mentor');
select is(pg_temp.progress('week'), '0 of 3, 0 found, 0 awarded, 3 waiting', 'of a week all three, of two organisations');
select is(
    (select array_agg(activities_scanned order by activities_scanned) from private.badge_reconciliations), '{1,3}', 'with one activity each'
);
-- What is waited for may be of either organisation first, and is so in the other one.
select matches(pg_temp.continue('day'), '^1 of 1, . found, . awarded, 0 waiting, finished$', 'the one ends by itself');
select is(pg_temp.progress('week'), '0 of 3, 0 found, 0 awarded, 3 waiting', 'and leaves the other where it was');
select matches(pg_temp.continue('week', 1), '^1 of 3, . found, . awarded, 2 waiting$', 'of which one of the three is looked at next');
select matches(pg_temp.progress('day'), '^1 of 1, . found, . awarded, 0 waiting, finished$', 'and the one stays where it was');
select pg_temp.continue('week');
select matches(pg_temp.continue('week'), '^3 of 3, . found, . awarded, 0 waiting, finished$', 'which ends as well');
select is(
    (select sum(badges_awarded) from private.badge_reconciliations), 2::numeric, 'what one of them awarded the other did not award again'
);
select is((select count(*) from public.earned_badges), 2::bigint, 'to the two of whom a badge was missed');

-- Who may be reached by more than one way is looked at once: by an activity, by a recount, by a length of service.
update public.peer_mentors set created_at = now() - interval '399 days';
update private.mentor_measures set catalogue_version = null, settled_until = now();
truncate started;
insert into started select 'again', public.start_badge_reconciliation(now() - interval '7 days');
select pg_temp.continue('again');
select is(pg_temp.continue('again'), '3 of 3, 0 found, 0 awarded, 0 waiting, finished', 'two of the north and one of the south, each once');

-- A length of service that brought its badge brings nobody back.
update public.peer_mentors set created_at = now() - interval '401 days' where id = tests.id('mentor', 'olga');
update private.mentor_measures set settled_until = now();
create function pg_temp.looked_at() returns text[]
language plpgsql
as $$
declare
    v_id uuid := public.start_badge_reconciliation(now() + interval '1 day');
begin
    return (
        select array_agg(mentor.display_name order by mentor.display_name)
        from private.badge_reconciliation_mentors as waiting
        inner join public.peer_mentors as mentor on mentor.id = waiting.mentor_id
        where waiting.reconciliation_id = v_id
    );
end
$$;
select is(pg_temp.looked_at(), '{berit,olga}', 'whose evaluation is out of date may have reached it');
select public.evaluate_badges(id) from public.peer_mentors where organisation_id = tests.id('organisation', 'north');
update private.mentor_measures set settled_until = now();
select is(pg_temp.looked_at(), '{berit}', 'who has it has nothing more to wait for');
update private.mentor_measures set settled_until = now() + interval '1 day';
select is(pg_temp.looked_at(), null, 'nor is there anything before the day on which it is reached');

-- Over all of history no activity in particular made it look.
truncate started;
insert into started select 'all', public.start_badge_reconciliation('-infinity') union all select 'new', public.start_badge_reconciliation();
select pg_temp.continue('all');
select is(pg_temp.continue('all'), '3 of 3, 0 found, 0 awarded, 0 waiting, finished', 'over all of history everybody is looked at');
select is(
    (select array_agg(distinct cardinality(activity_ids)) from public.badge_evaluation_logs where source = 'reconciliation' and triggered_at >= (
        select started_at from private.badge_reconciliations where id = (select id from started where name = 'all')
    )),
    '{0}', 'and their entries name no activities'
);
select is(pg_temp.continue('new'), '1 of 1, 0 found, 0 awarded, 0 waiting, finished', 'of the last day one has something written');
truncate started;
insert into started select 'last', public.start_badge_reconciliation(now() - interval '7 days');
select pg_temp.continue('last');
select pg_temp.continue('last');
select is(
    (select mentors_evaluated from private.badge_reconciliations where id = (select id from started)), 0::bigint,
    'nobody needs it any more, also where there are no badges'
);
select is_empty('select from private.check_badge_rollups()', 'all is right');
select * from finish();
rollback;
