-- Whoever inserts, in whatever way: what nobody can have done is refused with 22023, and DETAIL names the column.
begin;
create temporary table cases (title text, refused text, activity_type text, occurred_on date, minutes int, participants int, mode text);
insert into cases values
('today, where a day has begun that has not in Oslo', null, 'visit', (now() at time zone 'Pacific/Kiritimati')::date, 30, 1, 'in_person'),
('tomorrow there', 'occurred_on', 'visit', (now() at time zone 'Pacific/Kiritimati')::date + 1, 30, 1, 'in_person'),
('a day in a century', 'occurred_on', 'visit', '2150-01-01', 30, 1, 'in_person'),
('the first day of 1970', null, 'visit', '1970-01-01', 30, 1, 'in_person'),
('the day before', 'occurred_on', 'visit', '1969-12-31', 30, 1, 'in_person'),
('what fills the day', null, 'visit', '2024-03-01', 440, 1, 'in_person'),
('a minute more', 'duration_minutes', 'visit', '2024-03-01', 441, 1, 'in_person'),
('longer than a day by itself', 'duration_minutes', 'visit', '2024-03-02', 1441, 1, 'in_person'),
('ten thousand participants', null, 'visit', '2024-03-03', 30, 10000, 'in_person'),
('one more', 'participant_count', 'visit', '2024-03-03', 30, 10001, 'in_person'),
('a code with four digits', null, 'b' || 1234, '2024-03-04', 30, 1, 'in_person'),
('a code with five', 'activity_type', 'b12345', '2024-03-04', 30, 1, 'in_person'),
('a code that begins with a digit', 'activity_type', '1b', '2024-03-04', 30, 1, 'in_person'),
('a Norwegian code', null, 'besøk', '2024-03-04', 30, 1, 'på_nett'),
('a way with five digits', 'delivery_mode', 'visit', '2024-03-04', 30, 1, 'room_98765');

-- The column that was refused; null when it was accepted. What was done is undone.
create function pg_temp.refused(role text, statement text) returns text
language plpgsql
as $$
declare
    v_state text;
    v_detail text;
begin
    begin
        perform tests.acts_as(refused.role, tests.id('user', 'olga'));
        execute refused.statement;
        raise exception 'undo' using errcode = 'ZZ000';
    exception when others then
        get stacked diagnostics v_state = returned_sqlstate, v_detail = pg_exception_detail;
    end;
    perform set_config('role', 'none', true);
    return case v_state when 'ZZ000' then null when '22023' then v_detail else v_state end;
end
$$;
grant execute on function pg_temp.refused to public;
create temporary table roles (role text);
insert into roles values ('authenticated'), ('service_role'), ('peerledger_owner');

select plan((select count(*)::int from cases) * 7 + 20);
select tests.make_two_organisations();
update public.organisations set time_zone = 'Pacific/Kiritimati' where slug = 'north';
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
values
(tests.id('activity', 'long'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', '2024-03-01', 1000),
(tests.id('activity', 'short'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'visit', '2024-02-01', 30);

select is(
    pg_temp.refused(roles.role, format(
        'insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, '
        'participant_count, delivery_mode) values (%L, %L, %L, %L, %L, %L, %L)',
        tests.id('organisation', 'north'), tests.id('mentor', 'olga'), activity_type, occurred_on, minutes, participants, mode
    )), cases.refused, format('%s inserts %s', roles.role, title)
)
from cases cross join roles;
select is(
    pg_temp.refused(roles.role, format(
        'insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, '
        'participant_count, delivery_mode) values (%1$L, %2$L, ''visit'', ''2024-01-01'', 1, 1, ''phone''), '
        '(%1$L, %2$L, %3$L, %4$L, %5$L, %6$L, %7$L), (%1$L, %2$L, ''visit'', ''2024-01-02'', 1, 1, ''phone'')',
        tests.id('organisation', 'north'), tests.id('mentor', 'olga'), activity_type, occurred_on, minutes, participants, mode
    )), cases.refused, format('%s inserts among others %s', roles.role, title)
)
from cases cross join roles where roles.role <> 'peerledger_owner';
select is(
    pg_temp.refused('authenticated', format(
        'update public.activities set activity_type = %L, occurred_on = %L, duration_minutes = %L, participant_count = %L, '
        'delivery_mode = %L where id = %L',
        activity_type, occurred_on, minutes, participants, mode, tests.id('activity', 'short')
    )), cases.refused, format('an update to %s', title)
)
from cases;
select is(
    pg_temp.refused('authenticated', format(
        'insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, '
        'participant_count, delivery_mode) values (%L, %L, %L, %L, %L, %L, %L, %L) on conflict (id) do update set '
        'activity_type = excluded.activity_type, occurred_on = excluded.occurred_on, duration_minutes = '
        'excluded.duration_minutes, participant_count = excluded.participant_count, delivery_mode = excluded.delivery_mode',
        tests.id('activity', 'short'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'),
        activity_type, occurred_on, minutes, participants, mode
    )), cases.refused, format('an upsert to %s', title)
)
from cases;

select is(
    pg_temp.refused('service_role', format(
        'insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes) '
        'select %L, %L, ''visit'', ''2024-05-01'', 481 from generate_series(1, %s)',
        tests.id('organisation', 'north'), tests.id('mentor', 'olga'), number
    )), refused, format('%s times 481 minutes in one statement: %s', number, refused)
)
from (values (2, null), (3, 'duration_minutes')) as given (number, refused);

-- A mentor who withdrew.
update public.peer_mentors set status = 'withdrawn' where id = tests.id('mentor', 'olga');
update public.peer_mentors set status_changed_at = '2025-05-09 23:00+00' where id = tests.id('mentor', 'olga');
select is(
    pg_temp.refused(role, format(
        'insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes) '
        'values (%L, %L, ''visit'', %L, 30)', tests.id('organisation', 'north'), tests.id('mentor', 'olga'), occurred_on
    )), refused, format('%s registers for a withdrawn mentor on %s', role, occurred_on)
)
from (
    values
    ('authenticated', '2025-05-01', 'mentor_id'), ('authenticated', '2025-05-11', 'mentor_id'),
    ('service_role', '2025-05-10', 'mentor_id'), ('service_role', '2025-06-01', 'mentor_id')
) as given (role, occurred_on, refused);
select tests.acts_as('service_role');
select lives_ok(
    format(
        'insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes) '
        'values (%L, %L, ''visit'', ''2025-05-09'', 30)', tests.id('organisation', 'north'), tests.id('mentor', 'olga')
    ), 'history from before is history'
);
reset role;
update public.peer_mentors set status = 'active' where id = tests.id('mentor', 'olga');

-- Rows from before there were limits can be corrected elsewhere, shortened and voided, and are not brought back.
alter table public.activities disable trigger user;
insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count, delivery_mode)
values
(tests.id('activity', 'old'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'b12345', '2150-01-01', 1000, 99999, 'x12345'),
(tests.id('activity', 'older'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), 'b12345', '2150-01-01', 1000, 99999, 'x12345');
alter table public.activities enable trigger user;
select is(
    pg_temp.refused('authenticated', format('update public.activities set %s where id = %L', change, tests.id('activity', 'old'))),
    refused, 'of a row from before: ' || change
)
from (
    values
    ('duration_minutes = 999', null), ('duration_minutes = 1001', 'duration_minutes'),
    ('participant_count = 99998', null), ('participant_count = 100000', 'participant_count'),
    ('activity_type = ''visit''', null), ('activity_type = ''b123456''', 'activity_type'),
    ('occurred_on = ''2150-01-02''', 'occurred_on'), ('occurred_on = ''2024-07-01''', null),
    ('delivery_mode = ''phone''', null), ('voided_at = now()', null)
) as given (change, refused);
select is(
    pg_temp.refused('authenticated', format(
        'insert into public.activities (id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count) '
        'values (%L, %L, %L, ''b12345'', ''2150-01-01'', 900, 99999) on conflict (id) do update set occurred_on = '
        'excluded.occurred_on, participant_count = excluded.participant_count, duration_minutes = excluded.duration_minutes',
        tests.id('activity', 'old'), tests.id('organisation', 'north'), tests.id('mentor', 'olga')
    )), null, 'an upsert of it that changes only what may change'
);
update public.activities set voided_at = now() where id = tests.id('activity', 'old');
select is(
    pg_temp.refused('authenticated', format('update public.activities set voided_at = null where id = %L', tests.id('activity', 'old'))),
    'occurred_on', 'it does not come back'
);
select is((select count(*) from private.check_badge_rollups()), 0::bigint, 'and the rollups are right');
select * from finish();
rollback;
