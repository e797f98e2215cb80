begin;
select plan(12);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
update public.peer_mentors set created_at = now() where id = tests.id('mentor', 'olga');
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values
(
    tests.id('badge', 'first'), tests.id('organisation', 'north'), 'first', 'First',
    '{"metric": "activity_count", "at_least": 2}'
),
(
    tests.id('badge', 'many'), tests.id('organisation', 'north'), 'many', 'Many',
    '{"all": [{"metric": "badge_earned", "badge": "first"}, {"metric": "activity_count", "at_least": 50}]}'
);

create function pg_temp.outcomes_after_one_more() returns text
language sql
as $$
    insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
    values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', '2026-03-05', 30);
    select
        (select string_agg(definition.slug || ' ' || outcome.value, ', ' order by definition.slug)
        from jsonb_each_text(entry.criteria_outcomes) as outcome
        left join public.badge_definitions as definition on definition.id = outcome.key::uuid)
    from public.badge_evaluation_logs as entry
    order by entry.triggered_at desc
    limit 1
$$;
create function pg_temp.is_settled() returns boolean
language sql
as $$
    select settled_until = 'infinity' from private.mentor_measures where mentor_id = tests.id('mentor', 'olga')
$$;

create function pg_temp.is_unsettled() returns boolean
language sql
as $$
    select settled_until is null from private.mentor_measures where mentor_id = tests.id('mentor', 'olga')
$$;

select is(pg_temp.outcomes_after_one_more(), 'first false, many false', 'one activity meets nothing');
select ok(pg_temp.is_settled(), 'and what was found is kept');
select is(pg_temp.outcomes_after_one_more(), 'first true, many false', 'the threshold is crossed');
select is(pg_temp.outcomes_after_one_more(), 'first true, many false', 'and stays crossed');

update public.badge_definitions set is_active = false where id = tests.id('badge', 'many');
select is(pg_temp.outcomes_after_one_more(), 'first true', 'a badge that is switched off is not looked at');
update public.badge_definitions set is_active = true where id = tests.id('badge', 'many');
update public.badge_definitions set criteria = '{"metric": "activity_count", "at_least": 9}'
where id = tests.id('badge', 'first');
select is(pg_temp.outcomes_after_one_more(), 'first false, many false', 'new criteria are asked at once');

insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), 'tenure', 'Tenure', '{"metric": "tenure_days", "at_least": 10}');
select is(pg_temp.outcomes_after_one_more(), 'first false, many false, tenure false', 'tenure is not reached yet');
select is(
    (select settled_until from private.mentor_measures where mentor_id = tests.id('mentor', 'olga')),
    ((now() at time zone 'Europe/Oslo')::date + 10)::timestamp at time zone 'Europe/Oslo',
    'and is asked again at the midnight of the organisation on which it is'
);

select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'first'), 'by mistake');
select ok(pg_temp.is_unsettled(), 'what is taken away counts no more');
select pg_temp.outcomes_after_one_more();
delete from public.earned_badges where badge_definition_id = tests.id('badge', 'first');
select ok(pg_temp.is_unsettled(), 'nor what is deleted');
select pg_temp.outcomes_after_one_more();
insert into public.earned_badges (
    organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on
)
values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('badge', 'many'), 1, '{}', '2026-03-05');
select ok(pg_temp.is_unsettled(), 'what is given by hand counts at once');

select pg_temp.outcomes_after_one_more();
delete from public.badge_definitions where slug = 'tenure';
select pg_temp.outcomes_after_one_more();
select is(
    (
        select jsonb_array_length(entry.badges_evaluated)
        from public.badge_evaluation_logs as entry order by entry.triggered_at desc limit 1
    ),
    2, 'a badge that is deleted is looked at no more'
);
select finish();
rollback;
