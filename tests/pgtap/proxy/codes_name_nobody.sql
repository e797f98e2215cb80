-- A code is copied into logs that are kept for years. A number that could be somebody's is refused to everybody, and so
-- is the name of a mentor, however it is written.
begin;
select plan(37);
select tests.make_two_organisations();
update public.peer_mentors set display_name = 'Kari Anne Nordmann' where id = tests.id('mentor', 'olga');
update public.peer_mentors set display_name = 'Åse Ødegård-Lie', status = 'paused' where id = tests.id('mentor', 'berit');

create function pg_temp.register(activity_type text, mode text default 'in_person') returns text language sql as $$
    select format(
        'select public.register_proxy_activity(tests.id(''mentor'', ''olga''), %L, ''2026-02-01'', 30, delivery_mode => %L)',
        register.activity_type, register.mode
    )
$$;
create function pg_temp.insert(mentor text, activity_type text, coordinator text default null) returns text language sql as $$
    select format(
        'insert into public.activities (organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes) '
        'select tests.id(''organisation'', ''north''), tests.id(''mentor'', %L), tests.id(''user'', %L), %L, ''2026-02-02'', 30',
        insert.mentor, insert.coordinator, insert.activity_type
    )
$$;

select is(tests.outcome('authenticated', tests.id('user', 'nina'), pg_temp.register(code)), expected, code)
from (
    values
    ('Kari-Nordmann_01019012345', '22023'), ('Ola-Nordmann-41234567', '22023'), ('tlf_4123_4567', '22023'),
    ('b-0101-9012-345', '22023'), ('x4-1-2-3-4-5-6-7', '22023'), ('kari_nordmann', '22023'), ('KARI--NORDMANN', '22023'),
    ('visit_nordmann_kari', '22023'), ('anne_nordmann2', '22023'), ('åse-ødegård', '22023'), ('ÅSE_LIE', '22023'),
    ('12345', '22023'), ('group_meeting', '1'), ('kari', '1'), ('A-b_9', '1'), ('kurs_2026-11-27', '1'),
    ('første_samtale', '1'), ('one_to_one', '1')
) as attempt (code, expected);
select is(
    tests.outcome('authenticated', tests.id('user', 'nina'), pg_temp.register('walk', 'hos_kari_nordmann')), '22023', 'nor a mode'
);
select is(
    tests.outcome(
        'authenticated', tests.id('user', 'nina'),
        format(
            'select public.update_proxy_activity(tests.id(''activity'', ''nina for olga''), %L)',
            jsonb_build_object(field, content)
        )
    ), expected, format('changed: %s %s', field, content)
)
from (
    values
    ('activity_type', 'Ola-Nordmann-41234567', '22023'), ('activity_type', 'kari_nordmann', '22023'),
    ('delivery_mode', 'kari_nordmann', '22023'), ('delivery_mode', 'phone', '1'), ('duration_minutes', '45', '22023')
) as change (field, content, expected);
select throws_ok(
    format(
        'select public.register_proxy_activities(%L, coordinator_id => tests.id(''user'', ''nina''))',
        jsonb_build_array(
            jsonb_build_object('mentor_id', tests.id('mentor', 'olga'), 'activity_type', 'walk', 'occurred_on', '2026-02-01', 'duration_minutes', 1),
            jsonb_build_object('mentor_id', tests.id('mentor', 'olga'), 'activity_type', 'b12345', 'occurred_on', '2026-02-01', 'duration_minutes', 1)
        )
    ),
    'PL006', 'Nothing was saved: entries[1].activity_type holds a run of five digits.', 'in bulk the entry is named'
);

-- Past the RPCs.
select is(tests.outcome(role_name, tests.id('user', user_name), pg_temp.insert(mentor, code, coordinator)), expected, title)
from (
    values
    ('authenticated', 'nina', 'olga', 'kari_nordmann', 'nina', '22023', 'a direct insert'),
    ('authenticated', 'nina', 'olga', 'Åse_Lie', 'nina', '22023', 'of anybody in the organisation'),
    ('service_role', null, 'olga', 'kari_nordmann', null, '22023', 'the service role'),
    ('service_role', null, 'olga', 'b-0101-9012-345', null, '22023', 'and a number in it'),
    ('authenticated', 'olga', 'olga', 'kari_nordmann', null, '22023', 'a mentor their own name'),
    ('authenticated', 'berit', 'berit', 'kari_nordmann', null, '22023', 'and whom the website lists'),
    ('authenticated', 'olga', 'olga', 'åse_lie', null, '1', 'but is not told who else is a mentor'),
    ('authenticated', 'sven', 'olga', 'kari_nordmann', 'sven', '42501', 'another organisation hears nothing of it')
) as attempt (role_name, user_name, mentor, code, coordinator, expected, title);
select is(
    tests.outcome('authenticated', tests.id('user', 'olga'), $$update public.activities set activity_type = 'kari_nordmann' where id = tests.id('activity', 'olga''s')$$),
    '22023', 'a change of one''s own'
);
select is(
    tests.outcome('service_role', null, $$update public.activities set delivery_mode = 'kari_nordmann' where true$$), '22023',
    'a change by the service role'
);

-- What was registered before there was such a rule can be corrected elsewhere.
set local session_replication_role = replica;
update public.activities set activity_type = 'b12345' where id = tests.id('activity', 'nina for olga');
set local session_replication_role = origin;
select is(
    tests.outcome(
        'authenticated', tests.id('user', 'nina'),
        $$select public.update_proxy_activity(tests.id('activity', 'nina for olga'), '{"duration_minutes": 45}')$$
    ), '1', 'an old code does not keep an activity from being corrected'
);
select is_empty(
    $$ select from public.proxy_audit_log where payload_snapshot::text ~* 'nordmann|[0-9]{8}[^0-9-]' and payload_snapshot::text ~* 'nordmann' $$,
    'no log has heard of it'
);
select * from finish();
rollback;
