begin;
select plan(14);
select tests.make_two_organisations();
create function pg_temp.entry(more jsonb default '{}') returns jsonb language sql as $$
    select jsonb_build_object(
        'mentor_id', tests.id('mentor', 'olga'), 'activity_type', 'walk', 'occurred_on', '2026-02-01', 'duration_minutes', 30
    ) || more
$$;
create type pg_temp.answer as (code text, message text, detail text, hint text);
create function pg_temp.refusal(entries jsonb) returns pg_temp.answer language plpgsql as $$
declare
    v_answer pg_temp.answer;
begin
    perform from public.register_proxy_activities(refusal.entries);
    return null;
exception
    when others then
        get stacked diagnostics
            v_answer.code = returned_sqlstate, v_answer.message = message_text,
            v_answer.detail = pg_exception_detail, v_answer.hint = pg_exception_hint;
        return v_answer;
end
$$;
create function pg_temp.invented(keys int) returns jsonb language sql as $$
    select jsonb_object_agg('key_' || lpad(number::text, 5, '0'), 1) from generate_series(1, invented.keys) as number
$$;
grant usage on type pg_temp.answer to public;
select tests.acts_as('authenticated', tests.id('user', 'nina'));

select is(
    pg_temp.refusal(jsonb_build_array(pg_temp.entry('{"colour": 1}'))),
    row(
        'PL006', 'Nothing was saved: entries[0].colour is not a field of an entry.', 'entries[0].colour',
        'Correct it and send everything again.'
    )::pg_temp.answer,
    'one unknown field is named'
);
select is(
    (pg_temp.refusal(jsonb_build_array(pg_temp.entry('{"colour": 1, "size": 2, "Kari Nordmann": 3}')))).message,
    'Nothing was saved: entries[0].colour is not a field of an entry, nor are size and 1 more.', 'of several those that look like keys'
);
select is(
    (pg_temp.refusal(jsonb_build_array(pg_temp.entry('{"colour": 1, "size": 2}')))).message,
    'Nothing was saved: entries[0].colour is not a field of an entry, nor are size.', 'of two both'
);
select is(
    (pg_temp.refusal(jsonb_build_array(pg_temp.entry('{"Kari Nordmann": 1, "Ola Nordmann": 2}')))).message,
    'Nothing was saved: entries[0].? is not a field of an entry, nor are 1 more.', 'which may be none'
);
select is(
    (pg_temp.refusal(jsonb_build_array(pg_temp.entry(pg_temp.invented(20000))))).message,
    'Nothing was saved: entries[0].key_00001 is not a field of an entry, nor are key_00002, key_00003, key_00004, key_00005 and 19995 more.',
    'of twenty thousand five'
);
select is(
    (pg_temp.refusal(jsonb_build_array(pg_temp.entry(pg_temp.invented(20000))))).detail, 'entries[0].key_00001', 'DETAIL is a path'
);

create temporary table flood as
select pg_temp.refusal((select jsonb_agg(pg_temp.entry('{"mentor_id": 1, "duration_minutes": 0, "colour": 2}')) from generate_series(1, 500))) as answer;
select is((answer).code, 'PL006', 'a bulk in which all is wrong') from flood;
select matches((answer).message, '^Nothing was saved, for 1500 reasons\. ', 'says how much') from flood;
select is(cardinality(string_to_array((answer).detail, e'\n')), 101, 'names a hundred places') from flood;
select matches((answer).detail, e'\nentries\\[33\\]\\.colour\n… and 1400 more$', 'the first ones, and how many more') from flood;
select matches((answer).hint, e'\n… and 1400 more$', 'and what is wrong there') from flood;
select is(cardinality(string_to_array((answer).hint, e'\n')), 101, 'a hundred times') from flood;
create temporary table hundred as
select pg_temp.refusal((select jsonb_agg(pg_temp.entry('{"duration_minutes": 0}')) from generate_series(1, 100))) as answer;
select is(cardinality(string_to_array((answer).detail, e'\n')), 100, 'a hundred are named without more') from hundred;
select is(cardinality(string_to_array((answer).hint, e'\n')), 100, 'and explained') from hundred;
select * from finish();
rollback;
