-- Batches are of one organisation and never lock whom they have nothing to do for; a mentor who takes too long is left out.
begin;
select plan(17);
select tests.make_organisation('north');
select tests.make_organisation('south');
select tests.make_mentor(name, 'north') from unnest('{olga, berit}'::text[]) as name;
select tests.make_mentor('sara', 'south');
insert into public.organisation_settings (organisation_id, badge_time_budget_ms)
values (tests.id('organisation', 'north'), 1), (tests.id('organisation', 'south'), 3600000);
insert into public.badge_definitions (organisation_id, slug, name, criteria)
select
    tests.id('organisation', organisation), 'b' || days, 'B',
    jsonb_build_object('metric', 'consecutive_weeks', 'at_least', 2, 'within_days', days)
from generate_series(10, 30) as days cross join unnest('{north, south}'::text[]) as organisation;

-- Written past the triggers, so that all of it is missed.
alter table public.activities disable trigger user;
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', date '1980-01-01' + number, 1
from generate_series(1, 10000) as number;
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select mentor.organisation_id, mentor.id, 'visit', date '2024-01-01' + number * 7, 1
from public.peer_mentors as mentor cross join generate_series(1, 2) as number
where mentor.id <> tests.id('mentor', 'olga');
alter table public.activities enable trigger user;

create temporary table reconciliation as select public.start_badge_reconciliation('-infinity') as id;
create temporary table batches (nth int, mentors_done bigint, mentors_skipped bigint, is_finished boolean);
do $$
declare
    v_batch record;
begin
    for v_nth in 1..5 loop
        select * into v_batch from public.continue_badge_reconciliation((select id from reconciliation));
        insert into batches values (v_nth, v_batch.mentors_done, v_batch.mentors_skipped, v_batch.is_finished);
        exit when v_batch.is_finished;
    end loop;
end
$$;
select is((select count(*) from batches), 3::bigint, 'the large mentor has a batch alone, and so has each organisation');
select ok((select is_finished from batches order by nth desc limit 1), 'all of it is done');
select is((select max(mentors_skipped) from batches), 1::bigint, 'one mentor was left out');
select is(
    (select count(*) from public.earned_badges where mentor_id = tests.id('mentor', 'olga')), 0::bigint, 'with nothing half done'
);
select ok(
    (select bool_and(awards.number > 10) from (
        select count(earned.id) as number
        from public.peer_mentors as mentor
        left join public.earned_badges as earned on earned.mentor_id = mentor.id
        where mentor.id <> tests.id('mentor', 'olga')
        group by mentor.id
    ) as awards), 'the others have what they had missed'
);
select results_eq(
    $$ select organisation_id, details ->> 'mentor_id' from public.ops_alerts where kind = 'badge_time_budget_exceeded' $$,
    $$ values (tests.id('organisation', 'north'), tests.id('mentor', 'olga')::text) $$, 'an alert says who'
);
select is(
    (select count(*) from public.ops_alerts where kind = 'badge_evaluation_failed'), 0::bigint, 'which is no failure'
);

-- With time enough she gets hers.
update public.organisation_settings set badge_time_budget_ms = 3600000;
select ok((select mentors_missing = 1 and badges_awarded > 10 from public.reconcile_badges('-infinity')), 'with time enough');
select is(current_setting('peerledger.badge_deadline'), '', 'which is hers alone: nobody who comes later is under the same clock');
select is((select count(*) from private.check_badge_rollups()), 0::bigint, 'and all is as it should be');

-- A second time there is nothing to do, and nobody's row is written or locked.
create temporary table before as select mentor_id, xmin::text as made_by, xmax::text as locked_by, ctid::text as place from private.mentor_measures;
select is((select mentors_missing from public.reconcile_badges('-infinity')), 0::bigint, 'nothing was missed any more');
select results_eq(
    'select mentor_id, xmin::text, xmax::text, ctid::text from private.mentor_measures order by mentor_id',
    'select * from before order by mentor_id', 'no row was touched'
);
select is(
    (select count(*) from public.badge_evaluation_logs where source = 'reconciliation' and error_message is null), 8::bigint,
    'but each evaluation is logged'
);

-- Whatever reads days asks how long it may go on. (throws_ok lets a cancelled query through.)
create function pg_temp.is_stopped(statement text) returns boolean language plpgsql as $$
begin
    execute is_stopped.statement;
    return false;
exception
    when query_canceled then
        return true;
end
$$;
-- Somebody who cancels is not a budget that is used up: it ends the call.
create function pg_temp.cancel() returns trigger language plpgsql as $$ begin raise exception 'no' using errcode = '57014'; end $$;
create trigger cancel before insert on public.badge_evaluation_logs for each statement execute function pg_temp.cancel();
select is(pg_temp.is_stopped($$ select public.reconcile_badges('-infinity') $$), true, 'what is cancelled ends');
drop trigger cancel on public.badge_evaluation_logs;
select tests.make_organisation('west');
select tests.make_mentor('wera', 'west');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'west'), 'two', 'Two', '{"metric": "activity_count", "at_least": 2, "within_days": 30}');
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values (tests.id('organisation', 'west'), tests.id('mentor', 'wera'), 'visit', '2024-01-01', 1);
select set_config('peerledger.badge_deadline', (clock_timestamp() - interval '1 second')::text, true);
select is(
    pg_temp.is_stopped(format('select private.%s(%L)', reading.name, array[tests.id('mentor', 'wera')])), true,
    reading.name || ' ends when the time is used up'
)
from (values ('latest_measures'), ('rebuild_measures')) as reading (name);
select is(
    pg_temp.is_stopped(format('select private.badge_evidence(%L, %L)', array[tests.id('mentor', 'wera')], (
        select id from public.badge_definitions where organisation_id = tests.id('organisation', 'west')
    ))), true, 'badge_evidence ends when the time is used up'
);
select * from finish();
rollback;
