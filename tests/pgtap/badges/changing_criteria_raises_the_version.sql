begin;
select plan(8);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values (tests.id('badge', 'a'), tests.id('organisation', 'north'), 'a', 'A', '{"metric": "activity_count", "at_least": 1}');
update public.badge_definitions set updated_at = '2026-01-01';
select tests.make_activity('one', 'olga');
select is(updated_at, now(), 'nobody sets when a badge was changed') from public.badge_definitions;
alter table public.badge_definitions disable trigger user;
update public.badge_definitions set updated_at = '2026-01-01';
alter table public.badge_definitions enable trigger user;
update public.badge_definitions set name = 'A', criteria = '{"at_least": 1, "metric": "activity_count"}', is_active = true;
select is(updated_at, '2026-01-01', 'what is sent back as it was read has not changed') from public.badge_definitions;
update public.badge_definitions set name = 'Another name' where slug = 'a';
select is(criteria_version, 1, 'a new name is no new version') from public.badge_definitions;
select is(updated_at, now(), 'but a change') from public.badge_definitions;
update public.badge_definitions set criteria = '{"metric": "minutes_total", "at_least": 100}' where slug = 'a';
select is(criteria_version, 2, 'new criteria are') from public.badge_definitions;
select tests.make_activity('two', 'olga');
select is(criteria_version, 1, 'the earned badge keeps its version') from public.earned_badges;
select is(
    evidence, '[{"path": "$", "metric": "activity_count", "value": 1, "at_least": 1, "met_on": "2026-01-15"}]'::jsonb,
    'and its evidence'
) from public.earned_badges;
select is(
    (select criteria_outcomes -> tests.id('badge', 'a')::text from public.badge_evaluation_logs
    where activity_ids = array[tests.id('activity', 'two')]),
    'true'::jsonb, 'history counts for the new criteria: 2 times 60 minutes'
);
select finish();
rollback;
