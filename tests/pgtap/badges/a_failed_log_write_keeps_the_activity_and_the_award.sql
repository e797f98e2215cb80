begin;
select plan(6);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), 'a', 'A', '{"metric": "activity_count", "at_least": 1}');
alter table public.badge_evaluation_logs add constraint nothing_fits check (false) not valid;

select lives_ok($$ select tests.make_activity('one', 'olga') $$, 'the insert succeeds');
select is((select count(*) from public.activities), 1::bigint, 'the activity is there');
select is((select count(*) from public.earned_badges), 1::bigint, 'and the award');
select is((select count(*) from public.ops_alerts where kind = 'audit_write_failed'), 1::bigint, 'an operator learns of it');
select results_eq(
    $$ select hole from private.log_gaps(null) where "check" = 'fact_without_entry' $$,
    $$ values ('could not be written') $$, 'the award without its entry is explained by that'
);
update public.ops_alerts set raised_at = raised_at - interval '2 hours', acknowledged_at = now() - interval '1 hour';
select results_eq(
    $$ select hole from private.log_gaps(null) where "check" = 'fact_without_entry' $$,
    $$ values (null::text) $$, 'and not by an alert of another time'
);
select finish();
rollback;
