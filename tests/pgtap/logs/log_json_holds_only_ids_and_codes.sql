begin;
select plan(16);
create function tests.add(badges jsonb, outcomes jsonb default '{}') returns text
language plpgsql
as $$
begin
    insert into public.badge_evaluation_logs (
        peer_mentor_id, org_id, duration_ms, source, badges_evaluated, criteria_outcomes
    )
    values (gen_random_uuid(), gen_random_uuid(), 1, 'manual', add.badges, add.outcomes);
    return 'added';
exception
    when invalid_parameter_value then
        return split_part(sqlerrm, ' ', 1);
end
$$;
grant execute on function tests.add to service_role;

select tests.acts_as('service_role');
select is(
    tests.add(jsonb_build_array(gen_random_uuid()), jsonb_build_object(gen_random_uuid()::text, true)), 'added', 'ids'
);
select is(
    tests.add(
        '["expired_cert", "status_change:active", "2026-01-31", "2026-01-31T12:00:00.123456+00:00", ""]',
        '{"mentor_id": [1, null, {"objects": 2.5}]}'
    ),
    'added', 'words of our own, dates and numbers, however deep'
);
select is(tests.add('[]', '{"activity_type": "første_samtale"}'), 'added', 'a code of an activity, where it says that it is one');
select is(tests.add('["ola_nordmann"]'), 'badges_evaluated', 'no other word');
select is(tests.add('[]', '{"ola_nordmann": true}'), 'criteria_outcomes', 'nor as a key');
select is(tests.add('[]', '{"mentor_id:Ola": true}'), 'criteria_outcomes', 'nor a part of one');
select is(tests.add('[]', '{"activity_type": "Ola-41-23-45-67"}'), 'criteria_outcomes', 'a code that is a number to ring');
select is(tests.add('["Kari Nordmann"]'), 'badges_evaluated', 'a text');
select is(tests.add('[]', '{"Kari Nordmann": true}'), 'criteria_outcomes', 'a text for a key');
select is(tests.add('[]', '{"a": [{"b": "01019012345"}]}'), 'criteria_outcomes', 'a national id, deep inside');
select is(tests.add('["+4741234567"]'), 'badges_evaluated', 'a number to ring');
select is(tests.add('[]', '{"n": 41234567}'), 'criteria_outcomes', 'a number to ring that is a JSON number');
select is(tests.add('[12345678901]'), 'badges_evaluated', 'a national id that is one');
select is(
    tests.add(jsonb_build_array(now()::text, now(), 1234567, -0.25)), 'added', 'a time as PostgreSQL writes it, and numbers'
);
reset role;
select is(tests.add('["kari@example.no"]'), 'badges_evaluated', 'from a superuser as well');

select is_empty(
    $$
    select log.log_name, json_column.attname
    from private.logs as log
    inner join pg_attribute as json_column
        on
            json_column.attrelid = format('public.%I', log.log_name)::regclass
            and json_column.atttypid = 'jsonb'::regtype
    where
        not exists (
            select
            from pg_trigger as trigger
            where
                trigger.tgrelid = json_column.attrelid
                and trigger.tgname = '_310_require_plain_json'
                and trigger.tgenabled = 'A'
                and encode(trigger.tgargs, 'escape') like '%' || json_column.attname || '%'
        )
    $$,
    'every JSON column of every log'
);
select * from finish();
rollback;
