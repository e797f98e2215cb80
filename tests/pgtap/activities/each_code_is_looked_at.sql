-- In whichever column it stands, of each row of a statement, with the names that the caller may hear of; and the column is named.
begin;
select plan(44);
select tests.make_two_organisations();
update public.peer_mentors set display_name = 'Kari Nordmann' where id = tests.id('mentor', 'olga');
update public.peer_mentors set display_name = 'Anne Berg', status = 'paused' where id = tests.id('mentor', 'berit');
update public.peer_mentors set display_name = 'Per Hansen' where id = tests.id('mentor', 'sara');
create function pg_temp.insert(codes jsonb, coordinator text) returns text
language sql
as $$
    select format(
        'insert into public.activities (organisation_id, mentor_id, coordinator_id, activity_type, delivery_mode, place, occurred_on, duration_minutes) '
        'select %1$L, %2$L, %3$L, row.type, row.mode, row.place, date ''2024-01-01'' + row.day, 30 '
        'from (values (1, ''walk'', ''in_person'', null), (2, %4$L, %5$L, %6$L), (3, ''walk'', ''phone'', ''oslo'')) as row (day, type, mode, place)',
        tests.id('organisation', 'north'), tests.id('mentor', case insert.coordinator when 'olga' then 'olga' when 'berit' then 'berit' else 'olga' end),
        case when insert.coordinator in ('nina') then tests.id('user', insert.coordinator) end,
        coalesce(insert.codes ->> 'activity_type', 'walk'), coalesce(insert.codes ->> 'delivery_mode', 'phone'), insert.codes ->> 'place'
    )
$$;
create function pg_temp.update(codes jsonb, whose text) returns text
language sql
as $$
    select format(
        'update public.activities set activity_type = %2$L, delivery_mode = %3$L, place = %4$L where mentor_id = %1$L and coordinator_id is null',
        tests.id('mentor', case update.whose when 'berit' then 'berit' else 'olga' end),
        coalesce(update.codes ->> 'activity_type', 'conversation'), coalesce(update.codes ->> 'delivery_mode', 'in_person'), update.codes ->> 'place'
    )
$$;
create function pg_temp.refused(role text, user_name text, statement text) returns text
language plpgsql
as $$
declare
    v_refused text;
begin
    begin
        perform tests.acts_as(refused.role, tests.id('user', refused.user_name));
        v_refused := tests.refusal(refused.statement);
        raise exception using errcode = 'TTTTT';
    exception
        when sqlstate 'TTTTT' then
            null;
    end;
    return v_refused;
end
$$;
select is(
    pg_temp.refused(role, user_name, pg_temp.insert(jsonb_build_object(field, code), user_name)), expected,
    format('%s inserts %s %s: %s', coalesce(user_name, role), field, code, expected)
)
from (
    values
    ('authenticated', 'nina', 'activity_type', 'kari_nordmann', '22023 activity_type'), ('authenticated', 'nina', 'delivery_mode', 'kari_nordmann', '22023 delivery_mode'),
    ('authenticated', 'nina', 'place', 'kari_nordmann', '22023 place'), ('authenticated', 'nina', 'place', 'anne_berg', '22023 place'),
    ('authenticated', 'nina', 'place', 'per_hansen', 'done'), ('service_role', null, 'place', 'per_hansen', '22023 place'),
    ('service_role', null, 'activity_type', 'anne_berg', '22023 activity_type'), ('authenticated', 'olga', 'place', 'kari_nordmann', '22023 place'),
    ('authenticated', 'olga', 'place', 'anne_berg', 'done'), ('authenticated', 'berit', 'place', 'anne_berg', '22023 place'),
    ('authenticated', 'berit', 'delivery_mode', 'kari_nordmann', '22023 delivery_mode'), ('authenticated', 'nina', 'place', 'in_person', 'done'),
    ('authenticated', 'nina', 'place', 'kari', 'done'), ('authenticated', 'nina', 'place', 'kari_samtale_kari', 'done')
) as attempt (role, user_name, field, code, expected);
select is(
    pg_temp.refused(role, user_name, pg_temp.update(jsonb_build_object(field, code), user_name)), expected,
    format('%s changes %s to %s: %s', coalesce(user_name, role), field, code, expected)
)
from (
    values
    ('authenticated', 'olga', 'activity_type', 'kari_nordmann', '22023 activity_type'), ('authenticated', 'olga', 'delivery_mode', 'kari_nordmann', '22023 delivery_mode'),
    ('authenticated', 'olga', 'place', 'kari_nordmann', '22023 place'), ('authenticated', 'olga', 'place', 'anne_berg', 'done'),
    ('authenticated', 'berit', 'place', 'anne_berg', '22023 place'), ('authenticated', 'berit', 'place', 'kari_nordmann', '22023 place'),
    ('authenticated', 'olga', 'place', 'per_hansen', 'done'), ('service_role', null, 'place', 'per_hansen', '22023 place'),
    ('service_role', null, 'activity_type', 'anne_berg', '22023 activity_type'), ('authenticated', 'olga', 'place', 'oslo', 'done')
) as attempt (role, user_name, field, code, expected);
select is(
    pg_temp.refused('service_role', null, pg_temp.insert('{"activity_type": "kari_nordmann", "delivery_mode": "anne_berg", "place": "per_hansen"}', null)),
    '22023 activity_type', 'of several the first'
);
select is(
    pg_temp.refused('service_role', null, pg_temp.update('{"delivery_mode": "anne_berg", "place": "per_hansen"}', null)), '22023 delivery_mode', 'also of a change'
);
-- What stood there before there was such a rule.
set local session_replication_role = 'replica';
update public.activities set place = 'kari_nordmann' where id = tests.id('activity', 'nina for olga');
update public.activities set place = 'oslo' where id = tests.id('activity', 'olga''s');
set local session_replication_role = 'origin';
select is(
    pg_temp.refused('service_role', null, 'update public.activities set duration_minutes = 31'), 'done', 'stays where it stands'
);
select is(
    pg_temp.refused('service_role', null, 'update public.activities set delivery_mode = ''phone'', place = ''bergen'''), 'done', 'and can be corrected'
);

-- Lists of codes.
create function pg_temp.settings(organisation text, types text) returns text
language sql
as $$
    select format('insert into public.organisation_settings (organisation_id, activity_types) values (%L, %L)', tests.id('organisation', settings.organisation), settings.types)
$$;
select is(
    pg_temp.refused(role, user_name, pg_temp.settings('north', types)), expected, format('%s lists %s: %s', coalesce(user_name, role), types, expected)
)
from (
    values
    ('service_role', null, '{walk,kari_nordmann}', '22023 activity_types'), ('service_role', null, '{walk,per_hansen}', '22023 activity_types'),
    ('service_role', null, '{walk,visit}', 'done')
) as attempt (role, user_name, types, expected);
create function pg_temp.rule(types text, modes text default null) returns text
language sql
as $$
    select format(
        'select public.set_grant_rule(%L, ''peer_course'', ''2030-01-01'', %L, delivery_modes => %L)', tests.id('organisation', 'north'), rule.types, rule.modes
    )
$$;
select is(
    pg_temp.refused(role, user_name, pg_temp.rule(types, modes)), expected, format('%s makes a rule of %s, %s: %s', coalesce(user_name, role), types, modes, expected)
)
from (
    values
    ('authenticated', 'nina', '{walk,anne_berg}', null, '22023 activity_types'), ('authenticated', 'nina', '{walk}', '{phone,anne_berg}', '22023 delivery_modes'),
    ('authenticated', 'nina', '{walk,per_hansen}', null, 'done'), ('service_role', null, '{walk,per_hansen}', null, '22023 activity_types'),
    ('authenticated', 'nina', '{walk}', '{phone}', 'done')
) as attempt (role, user_name, types, modes, expected);

-- After the mentor withdrew: by proxy, on the day itself; on their own, not even that.
update public.peer_mentors set status = 'withdrawn' where id = tests.id('mentor', 'olga');
alter table public.peer_mentors disable trigger user;
update public.peer_mentors set status_changed_at = '2024-05-09 22:30+00' where id = tests.id('mentor', 'olga');
alter table public.peer_mentors enable trigger user;
select is(
    pg_temp.refused(role, user_name, format(
        'insert into public.activities (organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes) '
        'values (%L, %L, %L, ''walk'', %L, 30)', tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('user', coordinator), occurred_on
    )), expected, format('%s on %s: %s', coalesce(user_name, 'history'), occurred_on, expected)
)
from (
    values
    ('service_role', null, 'nina', '2024-05-10', 'done'), ('service_role', null, 'nina', '2024-05-11', '22023 mentor_id'),
    ('service_role', null, null, '2024-05-09', 'done'), ('service_role', null, null, '2024-05-10', '22023 mentor_id'),
    ('authenticated', 'olga', null, '2024-05-01', '22023 mentor_id'),
    ('service_role', null, 'nina', (now() at time zone 'Europe/Oslo')::date::text, '22023 mentor_id')
) as attempt (role, user_name, coordinator, occurred_on, expected);
select is(
    pg_temp.refused('service_role', null, format(
        'insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes) values (%L, %L, ''walk'', %L, 30)',
        tests.id('organisation', 'north'), tests.id('mentor', 'berit'), (now() at time zone time_zone)::date + days
    )), expected, format('in %s days: %s', days, expected)
)
from public.organisations
cross join (values (0, 'done'), (1, '22023 occurred_on')) as given (days, expected)
where slug = 'north';
select * from finish();
rollback;
