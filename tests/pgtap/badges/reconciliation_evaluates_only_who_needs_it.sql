begin;
select plan(15);
select tests.make_organisation('north');
select tests.make_mentor(name, 'north') from unnest('{olga, berit, kari}'::text[]) as name;
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), 'a', 'A', '{"metric": "activity_count", "at_least": 1}');
-- Whose catalogue has another version, and where badges are switched off.
select tests.make_organisation('south');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'south'), 'a', 'A', '{"metric": "activity_count", "at_least": 1}');
update public.badge_definitions set criteria = '{"metric": "activity_count", "at_least": 2}' where organisation_id = tests.id('organisation', 'south');
insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'south'), false);
select tests.make_activity(name, name) from unnest('{olga, berit, kari}'::text[]) as name;

-- Which mentors have an entry of a reconciliation that was made since it was asked last.
create temp table seen (id uuid);
create function pg_temp.reconcile(since timestamptz default now() - interval '1 day') returns text
language plpgsql
as $$
declare
    v_id uuid := public.start_badge_reconciliation(reconcile.since);
    v_progress record;
    v_words text;
begin
    select * into v_progress from public.continue_badge_reconciliation(v_id);
    select format(
        '%s of %s: %s', v_progress.mentors_evaluated, v_progress.mentors_done,
        coalesce(string_agg(mentor.display_name, ', ' order by mentor.display_name), 'none')
    )
    into v_words
    from public.badge_evaluation_logs as entry
    inner join public.peer_mentors as mentor on mentor.id = entry.peer_mentor_id
    where entry.source = 'reconciliation' and entry.id not in (select seen.id from seen);
    insert into seen select entry.id from public.badge_evaluation_logs as entry where entry.source = 'reconciliation';
    return v_words;
end
$$;

select is(pg_temp.reconcile(), '0 of 3: none', 'an ordinary day: looked at, found right, and nothing is written');

create function pg_temp.unlogged(name text, mentor text) returns boolean
language plpgsql
as $$
begin
    alter table public.badge_evaluation_logs add constraint nothing check (false) not valid;
    perform tests.make_activity(unlogged.name, unlogged.mentor);
    alter table public.badge_evaluation_logs drop constraint nothing;
    return true;
end
$$;
select pg_temp.unlogged('unlogged', 'olga');
select is(pg_temp.reconcile(), '1 of 3: olga', 'an activity that no entry names is evaluated');
select is(
    (
        select array(select unnest(activity_ids) order by 1) from public.badge_evaluation_logs
        where peer_mentor_id = tests.id('mentor', 'olga') and source = 'reconciliation'
    ),
    array(select unnest(array[tests.id('activity', 'olga'), tests.id('activity', 'unlogged')]) order by 1), 'and the entry names it'
);
select is(pg_temp.reconcile(), '0 of 3: none', 'once');
-- A later state of it is another one.
set local session_replication_role = replica;
update public.activities set updated_at = clock_timestamp() where id = tests.id('activity', 'berit');
set local session_replication_role = origin;
select is(pg_temp.reconcile(), '1 of 3: berit', 'so is one that was changed since the entry that names it');
select is(pg_temp.reconcile(), '0 of 3: none', 'once, too');

-- Its evaluation found the mentor locked and failed; whoever had the lock counted the day, and so nothing differs.
select private.log_badge_evaluations(
    array[row(mentor.id, mentor.organisation_id, array[tests.id('activity', 'not in time')], null)::private.touched_mentor],
    '{}', '55P03', now(), 'activity_insert'
)
from public.peer_mentors as mentor
where mentor.id = tests.id('mentor', 'kari') and pg_temp.unlogged('not in time', 'kari');
select is(pg_temp.reconcile(), '1 of 3: kari', 'so is one of which only an evaluation that failed has an entry');
select is(pg_temp.reconcile(), '0 of 3: none', 'and again once');

update private.mentor_measures set catalogue_version = null where mentor_id = tests.id('mentor', 'berit');
select is(pg_temp.reconcile(), '1 of 3: berit', 'so is a mentor whose last evaluation failed');

update private.activity_days set activity_count = 9 where mentor_id = tests.id('mentor', 'kari');
select is(pg_temp.reconcile(), '1 of 3: kari', 'and one whose rollup is wrong');
select is_empty('select from private.check_badge_rollups()', 'which is right then');

update private.mentor_measures set catalogue_version = null where mentor_id = tests.id('mentor', 'berit');
select is(pg_temp.reconcile('-infinity'), '3 of 3: berit, kari, olga', 'over all of history everybody is, and once');

insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'north'), false);
select tests.make_activity('olga again', 'olga');
select is(pg_temp.reconcile(), '0 of 3: none', 'where badges are switched off nobody is');
select tests.make_mentor('nora', 'north');
select tests.make_activity('nora', 'nora');
update private.activity_days set activity_count = 9 where mentor_id = tests.id('mentor', 'kari');
select is(pg_temp.reconcile(), '0 of 4: none', 'nor who never was');
select is_empty('select from private.check_badge_rollups()', 'and rollups are put right all the same');
select finish();
rollback;
