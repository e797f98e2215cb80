-- What a mentor is known to have rises by as much as an entry can add: by less, and a badge is missed; by more, and entries
-- are looked at for nothing. The same of how much room is left.
begin;
select plan(57);

-- The bound after each statement, "s" where it was added to nothing but the headroom, and "!" where it earns the badge.
-- A statement is type@day@mode@participants, or several of these with a + in between. With a * before it there is no headroom, so that
-- the bound must rise; with a ~ the cached outcomes held until now; a # adds another badge, of the criteria that follow;
-- an update or a delete ($1 the mentor) is done.
create function pg_temp.bounds(criteria jsonb, variadic statements text[]) returns text
language plpgsql
as $$
declare
    v_name text := 'm' || md5(bounds.criteria::text || bounds.statements::text);
    v_statement text;
    v_bounds text := '';
    v_known bigint := 0;
    v_held bigint;
begin
    perform tests.make_organisation(v_name);
    perform tests.make_mentor(v_name, v_name);
    insert into public.badge_definitions (organisation_id, slug, name, criteria)
    values (tests.id('organisation', v_name), 'badge', 'Badge', bounds.criteria);
    foreach v_statement in array bounds.statements loop
        if v_statement like '#%' then
            insert into public.badge_definitions (organisation_id, slug, name, criteria)
            values (tests.id('organisation', v_name), 'more', 'More', substr(v_statement, 2)::jsonb);
            continue;
        end if;
        if v_statement like '*%' then
            update private.mentor_measures set headroom = null where mentor_id = tests.id('mentor', v_name);
        end if;
        if v_statement like '~%' then
            update private.mentor_measures set settled_until = now() where mentor_id = tests.id('mentor', v_name);
        end if;
        if v_statement ~ '^(update|delete) ' then
            execute v_statement using tests.id('mentor', v_name);
        end if;
        insert into public.activities (
            organisation_id, mentor_id, activity_type, occurred_on, delivery_mode, participant_count, duration_minutes
        )
        select
            tests.id('organisation', v_name), tests.id('mentor', v_name), split_part(entry, '@', 1), split_part(entry, '@', 2)::date,
            coalesce(nullif(split_part(entry, '@', 3), ''), 'in_person'), coalesce(nullif(split_part(entry, '@', 4), '')::int, 1), 60
        from string_to_table(ltrim(v_statement, '*~'), '+') as entry
        where v_statement !~ '^(update|delete) ';
        v_held := (select count(*) from public.earned_badges where mentor_id = tests.id('mentor', v_name));
        v_bounds := v_bounds || ' ' || (
            select
                case
                    when added_activities > 0 then 's'
                    else (select string_agg(known.value, '/' order by known.key::bigint) from jsonb_each_text(measures) as known)
                end
            from private.mentor_measures
            where mentor_id = tests.id('mentor', v_name)
        ) || case when v_held > v_known then '!' else '' end;
        v_known := v_held;
    end loop;
    return ltrim(v_bounds);
end
$$;

-- By how much a bound rises.
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 100}',
        '*visit@2026-01-12', '*visit@2026-01-06', '*visit@2026-01-05', '*phone@2026-01-18', '*visit@2026-01-11', '*visit@2026-01-19'
    ),
    '1 3 3 3 3 4', 'by one for a week that is the latest; an earlier one may join two streaks; one that is there adds nothing'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_months", "at_least": 100}',
        '*visit@2026-02-01', '*visit@2026-01-15', '*visit@2026-01-31', '*visit@2026-01-01', '*visit@2026-02-28', '*phone@2026-03-31',
        '*visit@2026-03-01'
    ),
    '1 3 3 3 3 4 4', 'months likewise, from their first day to their last'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 100, "within_days": 1000}',
        '*visit@2026-01-06', '*visit@2026-01-05', '*visit@2026-01-06', '*visit@2026-01-07'
    ),
    '1 3 3 4', 'within a window every day counts, as the week may have left it'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 100, "activity_types": ["visit"]}',
        '*phone@2026-01-05', '*visit@2026-01-05', '*visit@2026-01-06', '*phone@2026-01-12', '*visit@2026-01-12'
    ),
    '0 1 1 1 2', 'of certain types, only these count and are there'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 100, "delivery_modes": ["video"]}',
        '*visit@2026-01-05', '*visit@2026-01-05@video', '*visit@2026-01-06@video', '*visit@2026-01-12', '*visit@2026-01-12@video'
    ),
    '0 1 1 1 2', 'of certain modes likewise'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 100, "from": "2026-01-07", "to": "2026-01-23"}',
        '*visit@2026-01-06', '*visit@2026-01-07', '*visit@2026-01-24', '*visit@2026-01-23', '*visit@2026-02-02'
    ),
    '0 1 1 3 3', 'between days, these included'
);
select is(
    pg_temp.bounds(
        '{"metric": "distinct_activity_types", "at_least": 100}',
        '*visit@2026-01-10', '*visit@2026-01-05', '*visit@2026-01-15', '*phone@2026-01-10', '*course@2026-01-01+meal@2026-01-20'
    ),
    '1 1 1 2 4', 'by one for a type that was never there'
);
select is(
    pg_temp.bounds(
        '{"metric": "participants_total", "at_least": 100}',
        '*visit@2026-01-05@@3', 'visit@2026-01-06@@4', '*visit@2026-01-07@@5', 'visit@2026-01-08@@50', 'visit@2026-01-09@@38'
    ),
    '3 s 12 s 100!', 'for a sum by what was added, now and since'
);
select is(
    pg_temp.bounds(
        '{"metric": "minutes_total", "at_least": 1000}',
        '*visit@2026-01-05', 'visit@2026-01-06', '*visit@2026-01-07', '*visit@2026-01-08', 'visit@2026-01-09', '*visit@2026-01-10'
    ),
    '60 s 180 240 s 360', 'which is counted once'
);

-- And what was added before, which had room.
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 100, "activity_types": ["visit"]}',
        'visit@2026-01-05', 'visit@2026-01-06', 'visit@2026-01-07', '*phone@2026-01-07'
    ),
    '1 s s 3', 'a bound holds what was added since, even when nothing is added now'
);
select is(
    pg_temp.bounds(
        '{"metric": "distinct_days", "at_least": 100, "activity_types": ["visit"]}',
        'visit@2026-01-05', 'visit@2026-01-05', 'visit@2026-01-01', '*phone@2026-01-07'
    ),
    '1 s s 3', 'days likewise, in any order'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 100}',
        'visit@2026-03-02', 'visit@2026-01-05', 'visit@2026-01-19', '*visit@2026-03-03'
    ),
    '1 s s 5', 'late ones may have joined streaks'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 4, "activity_types": ["visit"]}',
        'visit@2026-01-05', 'visit@2026-01-05', 'visit@2026-01-06', 'visit@2026-01-07', 'visit@2026-01-08', '*phone@2026-01-09'
    ),
    '1 s s s s 3', 'however many fitted, they crossed no threshold'
);
select is(
    pg_temp.bounds(
        '{"metric": "distinct_days", "at_least": 4, "activity_types": ["visit"]}',
        'visit@2026-01-05', 'visit@2026-01-05', 'visit@2026-01-05', '*phone@2026-01-06', '*visit@2026-01-07'
    ),
    '1 s s 3 2', 'a bound that was too high is put right by the days'
);
select is(
    pg_temp.bounds(
        '{"metric": "activity_count", "at_least": 6, "within_days": 3}',
        'visit@2026-06-01', 'visit@2026-03-01', 'visit@2026-03-02', 'visit@2026-03-03', 'visit@2026-04-06', '*visit@2026-06-20'
    ),
    '1 s s s s 3', 'for which it looks back to the first day of what was added before'
);
select is(
    pg_temp.bounds(
        '{"metric": "activity_count", "at_least": 7, "within_days": 3}',
        'visit@2026-06-01', 'visit@2026-03-01+visit@2026-03-02+visit@2026-03-03', 'visit@2026-04-06+visit@2026-04-07', '*visit@2026-06-20'
    ),
    '1 s s 3', 'also where that were several in one statement'
);
select is(
    pg_temp.bounds(
        '{"metric": "activity_count", "at_least": 8, "within_days": 3}',
        'visit@2026-03-02', 'visit@2026-03-09+visit@2026-03-10', 'visit@2026-04-06+visit@2026-04-07+visit@2026-04-08',
        '*visit@2025-01-01+visit@2025-02-02'
    ),
    '1 s s 3', 'and to the last'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 3}',
        'visit@2026-06-01', '*visit@2025-01-06+visit@2025-01-13+visit@2025-01-20+visit@2026-06-02'
    ),
    '1 3!', 'of one statement the earliest weeks may be the streak'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 3}',
        'visit@2026-06-01', '*visit@2024-01-01+visit@2025-01-06+visit@2025-01-13+visit@2025-01-20'
    ),
    '1 3!', 'or the latest'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 4}',
        'visit@2026-01-05', 'visit@2024-01-01', '*visit@2026-01-12+visit@2026-01-19+visit@2026-01-26'
    ),
    '1 s 4!', 'an earlier day of what was added before does not hide them'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_months", "at_least": 5}',
        '*visit@2026-01-01', '*visit@2026-02-28', '*visit@2026-03-01', '*visit@2026-04-30', '*visit@2026-05-31'
    ),
    '1 2 3 4 5!', 'a streak of months is seen from end to end'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 5}',
        'visit@2026-01-05', '*visit@2026-01-12+visit@2026-02-02', 'visit@2026-01-19', 'visit@2026-01-26'
    ),
    '1 3 3 5!', 'the latest day of a statement is what comes late after it'
);
select is(
    pg_temp.bounds(
        format('{"metric": "%s", "at_least": 999999999999}', metric)::jsonb, '*visit@2026-01-05', '*visit@2026-02-02', '*visit@2026-03-02'
    ),
    '1 2 3', 'nothing overflows: ' || metric
)
from unnest(array['consecutive_weeks', 'consecutive_months']) as metric;

select is(
    pg_temp.bounds(
        format('{"metric": "%s", "at_least": %s}', asked.metric, asked.at_least)::jsonb,
        variadic array(
            select '*' || string_agg('visit@' || date '2026-01-01' - 31 * (40 * statement + entry), '+')
            from generate_series(0, 7) as statement
            cross join generate_series(1, 40) as entry
            group by statement
            order by statement
        )
    ),
    asked.bounds, 'nor when the bound has risen half of the way: ' || asked.metric
)
from (
    values
    ('consecutive_weeks', '700000000000', '1 81 3361 137841 5651521 231712401 9500208481 389508547761'),
    ('consecutive_months', '300000000000', '39 1639 67239 2756839 113030439 4634248039 190004169639 190004169639')
) as asked (metric, at_least, bounds);

select is(
    pg_temp.bounds(
        '{"all": [{"metric": "minutes_total", "at_least": 240, "within_days": 100}, {"metric": "consecutive_weeks", "at_least": 3}]}',
        'visit@2026-01-05+visit@2026-01-05', '*visit@2026-01-06+visit@2025-12-29', '*visit@2025-12-22'
    ),
    '1/120 2/240 3/240!', 'where several cross at once the days say of each what it is'
);

-- What is taken away is no longer there.
select is(
    pg_temp.bounds(
        '{"metric": "distinct_days", "at_least": 100}',
        'visit@2026-01-05', 'visit@2026-01-06', 'delete from public.activities where mentor_id = $1 and occurred_on = ''2026-01-06'''
    ),
    '1 s 1', 'a day that is empty does not count'
);
select is(
    pg_temp.bounds(
        '{"metric": "distinct_activity_types", "at_least": 100}',
        'visit@2026-01-05+phone@2026-01-05', 'delete from public.activities where mentor_id = $1 and activity_type = ''visit'''
    ),
    '2 1', 'what else was on the day does'
);
select is(
    pg_temp.bounds(
        '{"metric": "minutes_total", "at_least": 100}',
        'visit@2026-01-05', 'update public.activities set duration_minutes = 30 where mentor_id = $1'
    ),
    '60 30', 'minutes become fewer'
);
select is(
    pg_temp.bounds(
        '{"metric": "participants_total", "at_least": 100}',
        'visit@2026-01-05@@5', 'update public.activities set participant_count = 2 where mentor_id = $1'
    ),
    '5 2', 'and participants'
);
select is(
    pg_temp.bounds(
        '{"metric": "activity_count", "at_least": 100, "within_days": 1}',
        'visit@2026-01-05@@1+visit@2026-01-05@@2',
        'update public.activities
        set
            occurred_on = occurred_on + (2 - participant_count), duration_minutes = duration_minutes * participant_count,
            participant_count = participant_count * 2 - 1
        where mentor_id = $1'
    ),
    '2 1', 'and activities, of a day that keeps its minutes'
);

-- How much room is left.
select is(
    pg_temp.bounds(
        '{"metric": "activity_count", "at_least": 2, "activity_types": ["visit"]}',
        'visit@2026-01-05', 'phone@2026-01-06', 'phone@2026-01-07', 'phone@2026-01-08', 'visit@2026-01-09'
    ),
    '1 1 s s 2!', 'a type that is not asked for needs no second look'
);
select is(
    pg_temp.bounds(
        '{"metric": "activity_count", "at_least": 3, "delivery_modes": ["video"]}',
        'visit@2026-01-05@video', 'visit@2026-01-06', 'visit@2026-01-07', 'visit@2026-01-07', 'visit@2026-01-08@video', 'visit@2026-01-08@video'
    ),
    '1 1 s s 2 3!', 'nor does a mode that is not'
);
select is(
    pg_temp.bounds(
        '{"metric": "distinct_activity_types", "at_least": 1, "from": "2026-02-01", "delivery_modes": ["video"]}',
        'visit@2026-01-05@video', 'visit@2026-02-02', 'visit@2026-02-03@video'
    ),
    '0 0 1!', 'a type that was there in another mode is new'
);
select is(
    pg_temp.bounds(
        '{"metric": "distinct_activity_types", "at_least": 2, "delivery_modes": ["video"]}',
        'visit@2026-01-05@video', 'visit@2026-01-06@video', 'phone@2026-01-07@video'
    ),
    '1 s 2!', 'in this one it is not'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 2, "from": "2026-01-01", "delivery_modes": ["video"]}',
        'visit@2025-06-02@video', 'visit@2026-01-05', 'visit@2026-01-06@video', 'visit@2026-01-12@video'
    ),
    '0 0 s 2!', 'a week with an activity of another mode is no week of the streak yet'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 3, "from": "2026-01-05"}',
        'visit@2026-01-05', 'visit@2026-01-12', 'visit@2026-01-13', 'visit@2026-01-18', 'visit@2026-01-19'
    ),
    '1 s s s 3!', 'one that begins with the first day that counts is'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 4, "activity_types": ["visit"]}',
        'visit@2026-01-05', 'visit@2026-01-12', 'visit@2026-01-13', 'visit@2026-01-18', 'visit@2026-01-19'
    ),
    '1 s s s 3', 'of one type a week less'
);
select is(
    pg_temp.bounds(
        '{"metric": "participants_total", "at_least": 6}', 'visit@2026-01-05@@1', 'visit@2026-01-06@@2', 'visit@2026-01-07@@3'
    ),
    '1 s 6!', 'participants are no activities'
);
select is(
    pg_temp.bounds(
        '{"any": [{"metric": "activity_count", "at_least": 4}, {"metric": "distinct_days", "at_least": 50}]}',
        'visit@2026-01-05', 'visit@2026-01-04', 'visit@2026-01-03', 'visit@2026-01-02'
    ),
    '1/1 s s 4/4!', 'of several measures the one that leaves the least room counts, for late ones'
);
select is(
    pg_temp.bounds(
        '{"any": [{"metric": "activity_count", "at_least": 3}, {"metric": "distinct_days", "at_least": 50}]}',
        'visit@2026-01-05', 'visit@2026-01-06', 'visit@2026-01-07'
    ),
    '1/1 s 3/3!', 'and for those that are not'
);
select is(
    pg_temp.bounds(
        '{"any": [{"metric": "consecutive_weeks", "at_least": 3}, {"metric": "consecutive_months", "at_least": 50}]}',
        'visit@2026-01-05', 'visit@2026-01-12', 'visit@2026-01-13', 'visit@2026-01-19'
    ),
    '1/1 s s 3/3!', 'and until the first of several days'
);
select is(
    pg_temp.bounds(
        '{"metric": "activity_count", "at_least": 6, "within_days": 30, "activity_types": ["visit"]}',
        'visit@2026-01-05+visit@2026-01-06+visit@2026-01-07', '*phone@2026-03-02', 'visit@2026-03-02', 'visit@2026-03-03',
        'visit@2026-03-04', 'visit@2026-03-05', 'visit@2026-03-06', 'visit@2026-03-07'
    ),
    '3 3 s s s s s 6!', 'an empty window has room for all of it, from half of the way to the threshold on'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_months", "at_least": 4}',
        'visit@2024-01-15', '*visit@2024-02-15', '*visit@2024-03-15', '*visit@2025-01-05', 'visit@2025-02-05', 'visit@2025-02-06',
        '*visit@2025-03-07', 'visit@2025-04-08'
    ),
    '1 2 3 3 s s 3 4!', 'a streak of months that has ended leaves room as one of weeks does, one that goes on does not'
);

select is(
    pg_temp.bounds(
        '{"metric": "activity_count", "at_least": 4, "within_days": 3}',
        'visit@2026-01-05+visit@2026-01-05+visit@2026-01-05', '*visit@2026-01-08', 'visit@2026-01-09', 'visit@2026-01-09', 'visit@2026-01-10'
    ),
    '3 3 s s 4!', 'a window that has passed does so from its first day on that is none of it'
);
select is(
    pg_temp.bounds(
        '{"any": [{"metric": "consecutive_weeks", "at_least": 4}, {"metric": "activity_count", "at_least": 4, "within_days": 30}]}',
        'visit@2026-01-05+visit@2026-01-12+visit@2026-01-12', 'visit@2026-01-13'
    ),
    '3/2 4/2!', 'a window and a streak are told apart'
);
-- Several in one statement.
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 5}',
        'visit@2026-01-05+phone@2026-01-05', 'visit@2026-01-05+visit@2026-01-06', 'phone@2026-01-31+visit@2026-02-01',
        'visit@2026-02-01+phone@2026-02-02'
    ),
    '1 s s 2', 'as long as the threshold cannot be reached they are as many as they like'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 10}',
        'visit@2026-03-02+phone@2026-03-02', 'visit@2026-03-09+phone@2026-02-16', 'visit@2026-03-16', 'visit@2026-03-23', 'visit@2026-03-30'
    ),
    '1 s s s 5', 'late ones among them are not taken for additions alone'
);
select is(
    pg_temp.bounds(
        '{"metric": "minutes_total", "at_least": 301}',
        'visit@2026-01-05', 'visit@2026-01-06+visit@2026-01-07', 'visit@2026-01-08+visit@2026-01-09', 'visit@2026-01-09+visit@2026-01-09'
    ),
    '60 s s 420!', 'minutes fit until the last one'
);
select is(
    pg_temp.bounds(
        '{"metric": "participants_total", "at_least": 6}',
        'visit@2026-01-05', 'visit@2026-01-06+visit@2026-01-07', 'visit@2026-01-08+visit@2026-01-09', 'visit@2026-01-09+visit@2026-01-09'
    ),
    '1 s s 7!', 'and participants'
);
select is(
    pg_temp.bounds(
        '{"metric": "activity_count", "at_least": 6}',
        'visit@2026-01-05', 'visit@2026-01-06+visit@2026-01-07', 'visit@2026-01-08+visit@2026-01-09', 'visit@2026-01-09+visit@2026-01-09'
    ),
    '1 s s 7!', 'and activities'
);
select is(
    pg_temp.bounds(
        '{"metric": "consecutive_weeks", "at_least": 6}',
        'visit@2026-03-02', 'visit@2026-01-05+visit@2026-01-12', 'visit@2026-01-19'
    ),
    '1 s 3', 'and weeks that come late'
);
select is(
    pg_temp.bounds(
        '{"metric": "activity_count", "at_least": 100}',
        'visit@2026-01-05', 'visit@2026-01-06+visit@2026-01-07', '#{"metric": "distinct_days", "at_least": 4}', 'visit@2026-01-08+visit@2026-01-09'
    ),
    '1 s 5/5!', 'a badge that is new leaves no room that was there before'
);
select is(
    pg_temp.bounds(
        '{"metric": "activity_count", "at_least": 100}',
        'visit@2026-01-05', 'visit@2026-01-06', '~visit@2026-01-06', 'visit@2026-01-07', '~visit@2026-01-08+visit@2026-01-08'
    ),
    '1 s 3 s 6', 'nor does an outcome that may be another by now'
);
select is_empty('select * from private.check_badge_rollups()', 'the rollups, measures and headroom of all of them are right');
select is_empty(
    'select error_message from public.badge_evaluation_logs where error_message is not null', 'no evaluation has failed'
);
select * from finish();
rollback;
