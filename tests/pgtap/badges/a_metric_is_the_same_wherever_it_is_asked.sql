-- What a metric is and since when it was reached: by the award, by the progress and the explanation of a mentor, and by a preview, which
-- read days that are kept, activities, and activities that are given.
begin;
select plan(46);

-- Activities are type@day, 60 minutes and two participants each, the last one first. The value and the day on which it was reached; or what
-- the four ways say where they do not agree.
create function pg_temp.reached(criteria jsonb, entries text[]) returns text
language plpgsql
as $$
declare
    v_name text := 'm' || md5(reached.criteria::text || reached.entries::text);
    v_answers text[];
    v_explained jsonb;
begin
    perform tests.make_organisation(v_name);
    perform tests.make_mentor(v_name, v_name);
    insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count)
    select
        tests.id('organisation', v_name), tests.id('mentor', v_name), split_part(entry, '@', 1), split_part(entry, '@', 2)::date, 60, 2
    from unnest(reached.entries) with ordinality as given (entry, place)
    order by place desc;
    -- One that does not stand, which would count for whatever is asked.
    insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count)
    select tests.id('organisation', v_name), tests.id('mentor', v_name), 'voided', day, 60, 2
    from unnest('{2026-01-05, 2026-01-06, 2026-01-26, 2025-10-15}'::date[]) as day;
    update public.activities set voided_at = now() where activity_type = 'voided';
    v_answers := array[(
        select format('%s on %s', coalesce(max((preview.evidence -> 0 ->> 'value')::int), 0), to_char(max(preview.qualified_on), 'FMDD.FMMM'))
        from public.preview_badge(tests.id('organisation', v_name), reached.criteria) as preview
    )];
    insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
    values (tests.id('badge', v_name), tests.id('organisation', v_name), 'badge', 'Badge', reached.criteria);
    perform public.evaluate_badges(tests.id('mentor', v_name));
    v_answers := v_answers || (
        select format('%s on %s', coalesce(max((earned.evidence -> 0 ->> 'value')::int), 0), to_char(max(earned.qualified_on), 'FMDD.FMMM'))
        from public.earned_badges as earned where earned.mentor_id = tests.id('mentor', v_name)
    );
    if v_answers[1] <> v_answers[2] then
        return v_answers::text;
    end if;
    v_explained := public.explain_badge(tests.id('mentor', v_name), tests.id('badge', v_name));
    v_answers := array[
        format('%s on %s', v_explained -> 'leaves' -> 0 ->> 'value', to_char((v_explained ->> 'qualified_on')::date, 'FMDD.FMMM')),
        format(
            '%s on %s', (select progress.value from public.get_badge_progress(tests.id('mentor', v_name)) as progress),
            substring(v_answers[1] from ' on (.*)')
        )
    ];
    return case when v_answers[1] = v_answers[2] then v_answers[1] else v_answers::text end;
end
$$;

select is(pg_temp.reached(criteria::jsonb, entries), expected, format('%s of %s', criteria, entries))
from (
    values
    ('{"metric": "activity_count", "at_least": 2}', '{visit@2026-01-05, visit@2026-01-05, call@2026-01-06}'::text[], '3 on 5.1'),
    ('{"metric": "activity_count", "at_least": 2, "from": "2026-01-06", "to": "2026-01-07"}', '{visit@2026-01-05, visit@2026-01-06, visit@2026-01-07, visit@2026-01-08}', '2 on 7.1'),
    ('{"metric": "activity_count", "at_least": 2, "activity_types": ["visit", "walk", "visit"]}', '{visit@2026-01-05, call@2026-01-06, walk@2026-01-07}', '2 on 7.1'),
    ('{"metric": "activity_count", "at_least": 2, "activity_types": ["visit"]}', '{visit@2026-01-05, visit@2026-01-06}', '2 on 6.1'),
    ('{"metric": "activity_count", "at_least": 2, "delivery_modes": ["in_person"]}', '{visit@2026-01-05, visit@2026-01-06}', '2 on 6.1'),
    ('{"metric": "activity_count", "at_least": 1, "delivery_modes": ["phone"]}', '{visit@2026-01-05}', '0 on '),
    ('{"metric": "activity_count", "at_least": 3, "within_days": 7}', '{visit@2026-01-05, visit@2026-01-06, visit@2026-01-11}', '3 on 11.1'),
    ('{"metric": "activity_count", "at_least": 3, "within_days": 7}', '{visit@2026-01-05, visit@2026-01-06, visit@2026-01-12}', '2 on '),
    ('{"metric": "minutes_total", "at_least": 120}', '{visit@2026-01-05, visit@2026-01-06, visit@2026-01-07}', '180 on 6.1'),
    ('{"metric": "minutes_total", "at_least": 180, "within_days": 7}', '{visit@2026-01-05, visit@2026-01-05, visit@2026-01-11}', '180 on 11.1'),
    ('{"metric": "minutes_total", "at_least": 180, "within_days": 7}', '{visit@2026-01-05, visit@2026-01-05, visit@2026-01-12}', '120 on '),
    ('{"metric": "participants_total", "at_least": 5}', '{visit@2026-01-05, visit@2026-01-06, call@2026-01-07}', '6 on 7.1'),
    ('{"metric": "distinct_days", "at_least": 2}', '{visit@2026-01-05, call@2026-01-05, visit@2026-01-07}', '2 on 7.1'),
    ('{"metric": "distinct_days", "at_least": 2, "within_days": 2}', '{visit@2026-01-05, call@2026-01-05, visit@2026-01-07}', '1 on '),
    -- Types: of so many days each.
    ('{"metric": "distinct_activity_types", "at_least": 3}', '{visit@2026-01-05, call@2026-01-05, course@2026-01-05}', '3 on 5.1'),
    ('{"metric": "distinct_activity_types", "at_least": 2}', '{visit@2026-01-05, visit@2026-01-06, call@2026-02-01, call@2026-02-02}', '2 on 1.2'),
    ('{"metric": "distinct_activity_types", "at_least": 2, "within_days": 7}', '{visit@2026-01-05, call@2026-01-11}', '2 on 11.1'),
    ('{"metric": "distinct_activity_types", "at_least": 2, "within_days": 7}', '{visit@2026-01-05, call@2026-01-12}', '1 on '),
    ('{"metric": "distinct_activity_types", "at_least": 2, "within_days": 7}', '{visit@2026-01-05, visit@2026-01-10, call@2026-01-15}', '2 on 15.1'),
    ('{"metric": "distinct_activity_types", "at_least": 2, "within_days": 7}', '{visit@2026-01-05, visit@2026-01-12, call@2026-01-18}', '2 on 18.1'),
    ('{"metric": "distinct_activity_types", "at_least": 2, "within_days": 7}', '{visit@2026-01-05, visit@2026-01-12, call@2026-01-19}', '1 on '),
    ('{"metric": "distinct_activity_types", "at_least": 2, "within_days": 7}', '{visit@2026-01-05, visit@2026-01-05, visit@2026-01-06}', '1 on '),
    ('{"metric": "distinct_activity_types", "at_least": 3, "within_days": 5}', '{visit@2026-01-05, call@2026-01-05, course@2026-01-10, walk@2026-01-10}', '2 on '),
    ('{"metric": "distinct_activity_types", "at_least": 3, "within_days": 5}', '{visit@2026-01-05, call@2026-01-05, course@2026-01-09}', '3 on 9.1'),
    -- Weeks from Monday; 29 December and 5 January are such days.
    ('{"metric": "consecutive_weeks", "at_least": 2}', '{visit@2025-12-29, visit@2026-01-05}', '2 on 5.1'),
    ('{"metric": "consecutive_weeks", "at_least": 2}', '{visit@2026-01-04, visit@2026-01-05}', '2 on 5.1'),
    ('{"metric": "consecutive_weeks", "at_least": 2}', '{visit@2026-01-05, visit@2026-01-11, visit@2026-01-19}', '1 on '),
    ('{"metric": "consecutive_weeks", "at_least": 2}', '{visit@2026-01-05, visit@2026-01-12, visit@2026-02-02, visit@2026-02-09, visit@2026-02-16}', '3 on 12.1'),
    ('{"metric": "consecutive_weeks", "at_least": 3}', '{visit@2026-01-05, visit@2026-01-12, visit@2026-02-02, visit@2026-02-09, visit@2026-02-16}', '3 on 16.2'),
    ('{"metric": "consecutive_weeks", "at_least": 3}', '{visit@2026-01-05, visit@2026-01-12, visit@2026-01-26, visit@2026-02-02}', '2 on '),
    -- Within so many days: from the last day of the first week to the first day of the last.
    ('{"metric": "consecutive_weeks", "at_least": 3, "within_days": 15}', '{visit@2026-01-05, visit@2026-01-12, visit@2026-01-19}', '3 on 19.1'),
    ('{"metric": "consecutive_weeks", "at_least": 3, "within_days": 14}', '{visit@2026-01-05, visit@2026-01-12, visit@2026-01-19}', '2 on '),
    ('{"metric": "consecutive_weeks", "at_least": 3, "within_days": 12}', '{visit@2026-01-05, visit@2026-01-08, visit@2026-01-12, visit@2026-01-19, visit@2026-01-21}', '3 on 19.1'),
    ('{"metric": "consecutive_weeks", "at_least": 3, "within_days": 11}', '{visit@2026-01-05, visit@2026-01-08, visit@2026-01-12, visit@2026-01-19, visit@2026-01-21}', '2 on '),
    ('{"metric": "consecutive_weeks", "at_least": 3, "within_days": 15}', '{visit@2026-01-05, visit@2026-01-12, visit@2026-01-19, visit@2026-01-26, visit@2026-02-02}', '3 on 19.1'),
    ('{"metric": "consecutive_weeks", "at_least": 4, "within_days": 15}', '{visit@2026-01-05, visit@2026-01-12, visit@2026-01-19, visit@2026-01-26, visit@2026-02-02}', '3 on '),
    ('{"metric": "consecutive_weeks", "at_least": 3, "from": "2026-01-07", "to": "2026-01-25"}', '{visit@2026-01-06, visit@2026-01-12, visit@2026-01-19, visit@2026-01-26}', '2 on '),
    ('{"metric": "consecutive_months", "at_least": 3}', '{visit@2025-11-30, visit@2025-12-01, visit@2026-01-31}', '3 on 31.1'),
    ('{"metric": "consecutive_months", "at_least": 3, "within_days": 62}', '{visit@2025-11-30, visit@2025-12-01, visit@2026-01-31}', '2 on '),
    ('{"metric": "consecutive_months", "at_least": 3, "within_days": 63}', '{visit@2025-11-30, visit@2025-12-01, visit@2026-01-31}', '3 on 31.1'),
    ('{"metric": "consecutive_months", "at_least": 2}', '{visit@2025-01-31, visit@2026-02-01}', '1 on '),
    ('{"metric": "consecutive_months", "at_least": 2}', '{visit@2025-11-01, visit@2026-01-01}', '1 on ')
) as given (criteria, entries, expected);
select is_empty('select from private.check_badge_rollups()', 'and the rollups of all of them are right');

-- Of a tree: "all" is met with the last of its branches, "any" with the first.
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', day, 60
from unnest('{2026-01-05, 2026-01-06, 2026-01-07}'::date[]) as day;
select is(
    (
        select to_char(preview.qualified_on, 'FMDD.FMMM')
        from public.preview_badge(
            tests.id('organisation', 'north'),
            format('{"%s": [{"metric": "activity_count", "at_least": 3}, {"metric": "activity_count", "at_least": 2}]}', node)::jsonb
        ) as preview
    ), expected, format('"%s" is met with the %s of its branches', node, which)
)
from (values ('all', '7.1', 'last'), ('any', '6.1', 'first')) as tree (node, expected, which);
select is(
    (
        select jsonb_path_query_array(preview.evidence, '$[*].path')
        from public.preview_badge(
            tests.id('organisation', 'north'),
            '{"all": [{"metric": "activity_count", "at_least": 3}, {"any": [{"metric": "minutes_total", "at_least": 2}]}]}'
        ) as preview
    ), '["$.all[0]", "$.all[1].any[0]"]', 'the evidence has a line for each leaf'
);
select * from finish();
rollback;
