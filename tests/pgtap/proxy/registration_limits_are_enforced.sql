-- For the RPCs and for a plain insert or update by a coordinator alike.
begin;
create function pg_temp.insertion(mentor text, activity_type text, occurred_on date, minutes int) returns text language sql as $$
    select format(
        'insert into public.activities (organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes) '
        'values (%L, %L, %L, %L, %L, %L)',
        tests.id('organisation', 'north'), tests.id('mentor', mentor), tests.id('user', 'nina'), activity_type, occurred_on, minutes
    )
$$;
create function pg_temp.registration(mentor text, activity_type text, occurred_on date, minutes int) returns text language sql as $$
    select format(
        'select from public.register_proxy_activity(%L, %L, %L, %L)', tests.id('mentor', mentor), activity_type, occurred_on, minutes
    )
$$;
create function pg_temp.bulk(mentor text, activity_type text, occurred_on date, minutes int) returns text language sql as $$
    select format(
        'select from public.register_proxy_activities(%L)',
        jsonb_build_array(jsonb_build_object(
            'mentor_id', tests.id('mentor', mentor), 'activity_type', activity_type, 'occurred_on', occurred_on,
            'duration_minutes', minutes
        ))
    )
$$;
create temporary table cases (title text, is_fine boolean, mentor text, activity_type text, occurred_on date, minutes int);
insert into cases values
('today, where a day has begun that has not in Oslo', true, 'olga', 'walk', (now() at time zone 'Pacific/Kiritimati')::date, 30),
('tomorrow there', false, 'olga', 'walk', (now() at time zone 'Pacific/Kiritimati')::date + 1, 30),
('a type of the organisation', true, 'olga', 'talk', '2026-02-01', 30),
('a type that it does not know', false, 'olga', 'dance', '2026-02-01', 30),
('what fills the day', true, 'olga', 'walk', '2026-03-01', 440),
('a minute more than a day, with the mentor''s own', false, 'olga', 'walk', '2026-03-01', 441),
('after the mentor withdrew', false, 'berit', 'walk', '2026-05-11', 30),
('on the day', true, 'berit', 'walk', '2026-05-10', 30);

select plan((select count(*)::int from cases) * 3 + 41);
select tests.make_two_organisations();
update public.organisations set time_zone = 'Pacific/Kiritimati' where slug = 'north';
insert into public.organisation_settings (organisation_id, activity_types)
values (tests.id('organisation', 'north'), '{walk,talk,conversation}');
update public.peer_mentors set status = 'withdrawn' where id = tests.id('mentor', 'berit');
update public.peer_mentors set status_changed_at = '2026-05-09 23:00+00' where id = tests.id('mentor', 'berit');
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, voided_at)
select tests.id('activity', 'day ' || minutes), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'own', '2026-03-01', minutes, voided
from (values (600, null), (400, null), (300, now())) as given (minutes, voided);

select is(
    tests.outcome('authenticated', tests.id('user', 'nina'), way.statement),
    case when cases.is_fine then '1' else way.refused end,
    format('%s, %s', way.name, cases.title)
)
from cases
cross join lateral (
    values
    ('plain', pg_temp.insertion(mentor, activity_type, occurred_on, minutes), '22023'),
    ('one', pg_temp.registration(mentor, activity_type, occurred_on, minutes), '22023'),
    ('bulk', pg_temp.bulk(mentor, activity_type, occurred_on, minutes), 'PL006')
) as way (name, statement, refused);

select is(
    tests.outcome('service_role', null, pg_temp.insertion('olga', 'dance', '2001-01-01', 30)), '1',
    'history that the service role brings in may be of types that are no longer used'
);
select is(
    tests.outcome('authenticated', tests.id('user', 'olga'), format(
        'insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes) '
        'values (%L, %L, ''own'', ''2026-03-01'', 440)', tests.id('organisation', 'north'), tests.id('mentor', 'olga')
    )), '1', 'the types are for proxies: a mentor has words of their own'
);
select is(
    tests.outcome('authenticated', tests.id('user', 'nina'), format(
        'select from public.register_proxy_activities(%L)', (
            select jsonb_agg(jsonb_build_object(
                'mentor_id', tests.id('mentor', 'olga'), 'activity_type', 'walk', 'occurred_on', '2026-02-01', 'duration_minutes', 481
            ))
            from generate_series(1, entries)
        )
    )), outcome, format('%s entries of 481 minutes on a day: %s', entries, outcome)
)
from (values (2, '2'), (3, 'PL006')) as given (entries, outcome);

-- Changes. One of 2026-01-15 with 60 minutes, beside the mentor's own of 60.
create temporary table changes (title text, outcome text, activity text, changes jsonb);
insert into changes values
('to the rest of the day', '1', 'nina for olga', '{"duration_minutes": 1380}'),
('beyond it', '22023', 'nina for olga', '{"duration_minutes": 1381}'),
('to a full day', '22023', 'nina for olga', '{"occurred_on": "2026-03-01", "duration_minutes": 441}'),
('to the future', '22023', 'nina for olga', '{"occurred_on": "2198-03-01"}'),
('to an unknown type', '22023', 'nina for olga', '{"activity_type": "dance"}'),
('beyond the withdrawal', '22023', 'nina for berit', '{"occurred_on": "2026-06-01"}'),
('of what was beyond a limit before, to less', '1', 'old', '{"duration_minutes": 900}'),
('of what was beyond a limit before, to more', '22023', 'old', '{"duration_minutes": 1001}'),
('of what was beyond a limit before, elsewhere', '1', 'old', '{"participant_count": 2}'),
('to void it', '1', 'old', '{"voided_at": "2026-07-01T00:00:00Z"}'),
('to as many participants as there can be', '1', 'nina for olga', '{"participant_count": 10000}'),
('to more', '22023', 'nina for olga', '{"participant_count": 10001}'),
('of what had more before, to fewer', '1', 'crowd', '{"participant_count": 20000, "duration_minutes": 30}'),
('of what had more before, elsewhere', '1', 'crowd', '{"duration_minutes": 30}'),
('of what had more before, to still more', '22023', 'crowd', '{"participant_count": 50001}'),
('to bring back what does not fit', '22023', 'voided', '{"voided_at": null}'),
('to bring back what does', '1', 'crowd voided', '{"voided_at": null}'),
('to bring back more than there can be', '22023', 'too many voided', '{"voided_at": null}'),
('of what is void', '1', 'voided', '{"occurred_on": "2198-03-01"}');
-- From before there were limits.
alter table public.activities disable trigger user;
insert into public.activities (
    id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes, participant_count, voided_at
)
select
    tests.id('activity', name), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('user', 'nina'), case when name ~ ' voided$' then 'walk' else 'dance' end,
    occurred_on, minutes, participants, voided
from (
    values
    ('old', date '2026-04-01', 1000, 1, null), ('older', '2026-04-01', 1000, 1, null), ('voided', '2026-04-01', 500, 1, now()),
    ('crowd', '2026-04-02', 60, 50000, null), ('crowd voided', '2026-04-03', 60, 10000, now()),
    ('too many voided', '2026-04-03', 60, 10001, now())
) as given (name, occurred_on, minutes, participants, voided);
alter table public.activities enable trigger user;
select is(
    tests.outcome('authenticated', tests.id('user', 'nina'), format(
        'select from public.update_proxy_activity(%L, %L)', tests.id('activity', activity), changes
    )), outcome, 'a change ' || title
) from changes;
create temporary table plain_changes as
select
    string_agg(outcome, ' ' order by title) as expected,
    string_agg(tests.outcome('authenticated', tests.id('user', 'nina'), format(
        'update public.activities set %s where id = %L',
        (select string_agg(format('%I = %L', key, value), ', ') from jsonb_each_text(changes)), tests.id('activity', activity)
    )), ' ' order by title) as found
from changes;
select is(found, expected, 'and by a plain update the same') from plain_changes;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select throws_ok(
    format(
        'insert into public.activities (organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes) '
        'select %L, %L, %L, ''dance'', date ''2024-02-01'' + number, 30 from generate_series(1, 500) as number',
        tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('user', 'nina')
    ),
    '22023', 'Nothing was saved: activity_type is not one of the types of the organisation: walk, talk, conversation.',
    'what is wrong with many rows of a statement is said once'
);
select is(
    tests.outcome('authenticated', tests.id('user', 'nina'), format(
        'update public.activities set participant_count = 2, activity_type = case when id = %1$L then %3$L else activity_type end '
        'where id in (%1$L, %2$L)', tests.id('activity', 'nina for olga'), tests.id('activity', 'old'), kind
    )), outcome, 'each row of a statement is judged by its own change: ' || kind
)
from (values ('talk', '2'), ('dance', '22023')) as given (kind, outcome);
-- A coordinator who is a mentor has words of their own for what they did themselves.
reset role;
select tests.make_coordinator('nora', 'north');
select tests.make_mentor('nora', 'north');
select tests.make_activity('nora''s', 'nora');
select is(
    tests.outcome('authenticated', tests.id('user', 'nora'), format(
        'update public.activities set activity_type = case when id = %1$L then ''talk'' else ''own'' end where id in (%1$L, %2$L)',
        tests.id('activity', 'nina for olga'), tests.id('activity', 'nora''s')
    )), '2', 'also in one statement with what is by proxy'
);
-- What was void and comes back is looked at as if it were new, and all that is wrong is said at once.
reset role;
set local session_replication_role = replica;
update public.activities
set activity_type = 'dance', delivery_mode = 'b12345', occurred_on = '2199-01-01', participant_count = 10001, duration_minutes = 1440
where id = tests.id('activity', 'too many voided');
insert into public.activities (organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes)
values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('user', 'nina'), 'walk', '2199-01-01', 1);
set local session_replication_role = origin;
create function pg_temp.faults(statement text) returns text language plpgsql as $$
declare
    v_detail text;
begin
    execute faults.statement;
    return 'none';
exception
    when others then
        get stacked diagnostics v_detail = pg_exception_detail;
        return sqlstate || ' ' || array_to_string(array(select unnest(string_to_array(v_detail, e'\n')) order by 1), ', ');
end
$$;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is(
    pg_temp.faults(format('select public.update_proxy_activity(%L, ''{"voided_at": null}'')', tests.id('activity', 'too many voided'))),
    '22023 activity_type, delivery_mode, duration_minutes, occurred_on, participant_count', 'all that is wrong with it is named'
);
select is(
    pg_temp.faults(format('select public.update_proxy_activity(%L, %L)', tests.id('activity', 'nina for olga'), change || '{"activity_type": "dance"}')),
    '22023 activity_type, ' || field, 'and with any other change: ' || change::text
)
from (
    values
    ('{"duration_minutes": 1381}'::jsonb, 'duration_minutes'), ('{"occurred_on": "2026-04-01"}', 'duration_minutes'),
    ('{"occurred_on": "2198-03-01"}', 'occurred_on'), ('{"participant_count": 10001}', 'participant_count')
) as given (change, field);
reset role;
insert into public.organisation_settings (organisation_id, activity_types) values (tests.id('organisation', 'south'), '{only}');
update public.organisation_settings set activity_types = '{walk}' where organisation_id = tests.id('organisation', 'north');
select is(
    tests.outcome('authenticated', tests.id('user', 'nina'), pg_temp.registration('olga', kind, '2026-02-01', 30)), outcome,
    'where there is one type, it is the one of the organisation: ' || kind
)
from (values ('walk', '1'), ('only', '22023')) as given (kind, outcome);
delete from public.organisation_settings where organisation_id = tests.id('organisation', 'south');
update public.organisation_settings set activity_types = '{}' where organisation_id = tests.id('organisation', 'north');
select is(
    tests.outcome('authenticated', tests.id('user', 'nina'), pg_temp.registration('olga', 'dance', '2026-02-01', 30)), '1',
    'an organisation that lists no types takes any'
);
select is(
    tests.outcome('service_role', null, format('update public.organisation_settings set activity_types = %L', types)),
    outcome, format('the types may be %s: %s', types, outcome)
)
from (values ('{}', '1'), ('{walk,home-visit}', '1'), ('{"a walk"}', '23514'), ('{null}', '23514'), ('{walk,""}', '23514')) as given (types, outcome);
select * from finish();
rollback;
