-- Who × command × whose mentor. A SQLSTATE: refused; 0: filtered, and nothing changed; n: that many rows.
-- nina coordinates the north, oskar its chapter oslo, signe both chapters by two assignments, sven the
-- south; olga is in oslo, berit in bergen.
begin;
create temporary table commands (command text, template text);
insert into commands values
(
    'insert',
    'insert into public.activities (organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes) '
    'values (%3$L, %1$L, %4$L, ''walk'', ''2026-02-01'', 30)'
),
('register', 'select from public.register_proxy_activity(%1$L, ''walk'', ''2026-02-01'', 30, coordinator_id => %5$s)'),
(
    'bulk',
    'select from public.register_proxy_activities(jsonb_build_array('
    'jsonb_build_object(''mentor_id'', %1$L, ''activity_type'', ''walk'', ''occurred_on'', ''2026-02-01'', ''duration_minutes'', 30), '
    'jsonb_build_object(''mentor_id'', %1$L, ''activity_type'', ''walk'', ''occurred_on'', ''2026-02-02'', ''duration_minutes'', 30)), '
    'coordinator_id => %5$s)'
),
(
    'check',
    'select from public.check_proxy_activities(jsonb_build_array('
    'jsonb_build_object(''mentor_id'', %1$L, ''activity_type'', ''walk'', ''occurred_on'', ''2026-02-30'', ''duration_minutes'', 30)), '
    '%5$s) where path = ''entries[0].mentor_id'''
),
('update', 'update public.activities set duration_minutes = 61 where id = %2$L'),
('change', 'select from public.update_proxy_activity(%2$L, ''{"duration_minutes": 61}'')'),
('read', 'select from public.activities where id = %2$L'),
('read log', 'select from public.proxy_audit_log where proxy_activity_id = %2$L'),
('history', 'select from public.get_proxy_history(%2$L)'),
(
    'log',
    'insert into public.proxy_audit_log (proxy_activity_id, event_type, coordinator_id, attributed_mentor_id, organisation_id, '
    'payload_snapshot) values (%2$L, ''updated'', %4$L, %1$L, %3$L, ''{}'')'
),
('change log', 'update public.proxy_audit_log set event_type = ''updated'''),
('delete log', 'delete from public.proxy_audit_log'),
('truncate log', 'truncate public.proxy_audit_log');

create temporary table matrix (actor text, mentor text, outcomes jsonb);
insert into matrix values
-- The same chapter.
('oskar', 'olga', '{"insert": "1", "register": "1", "bulk": "2", "check": "0", "update": "1", "change": "1", "read": "1",
"read log": "1", "history": "1", "log": "1"}'),
-- Another chapter of the same organisation: seen, not spoken for.
('oskar', 'berit', '{"insert": "42501", "register": "42501", "bulk": "PL006", "check": "1", "update": "0", "change": "42501",
"read": "1", "read log": "1", "history": "1", "log": "42501"}'),
-- The whole organisation.
('nina', 'olga', '{"insert": "1", "register": "1", "bulk": "2", "check": "0", "update": "1", "change": "1", "read": "1",
"read log": "1", "history": "1", "log": "1"}'),
('nina', 'berit', '{"insert": "1", "register": "1", "bulk": "2", "check": "0", "update": "1", "change": "1", "read": "1",
"read log": "1", "history": "1", "log": "1"}'),
-- Several chapters.
('signe', 'olga', '{"insert": "1", "register": "1", "bulk": "2", "check": "0", "update": "1", "change": "1", "read": "1",
"read log": "1", "history": "1", "log": "1"}'),
('signe', 'berit', '{"insert": "1", "register": "1", "bulk": "2", "check": "0", "update": "1", "change": "1", "read": "1",
"read log": "1", "history": "1", "log": "1"}'),
('signe', 'sara', '{"insert": "42501", "register": "PT404", "bulk": "PL006", "check": "1", "update": "0", "change": "PT404",
"read": "0", "read log": "0", "history": "PT404", "log": "42501"}'),
-- Another organisation.
('sven', 'sara', '{"insert": "1", "register": "1", "bulk": "2", "check": "0", "update": "1", "change": "1", "read": "1",
"read log": "1", "history": "1", "log": "1"}'),
('sven', 'olga', '{"insert": "42501", "register": "PT404", "bulk": "PL006", "check": "1", "update": "0", "change": "PT404",
"read": "0", "read log": "0", "history": "PT404", "log": "42501"}'),
-- The mentor, and one who is nobody here. The mentor sees what was said for them, and no log.
('olga', 'olga', '{"insert": "42501", "register": "42501", "bulk": "42501", "check": "42501", "update": "0", "change": "42501",
"read": "1", "read log": "0", "history": "PT404", "log": "42501"}'),
('olga', 'berit', '{"insert": "42501", "register": "42501", "bulk": "42501", "check": "42501", "update": "0", "change": "PT404",
"read": "0", "read log": "0", "history": "PT404", "log": "42501"}'),
('stranger', 'olga', '{"insert": "42501", "register": "42501", "bulk": "42501", "check": "42501", "update": "0", "change": "PT404",
"read": "0", "read log": "0", "history": "PT404", "log": "42501"}'),
('anon', 'olga', '{"insert": "42501", "register": "42501", "bulk": "42501", "check": "42501", "update": "42501",
"change": "42501", "read": "42501", "read log": "42501", "history": "42501", "log": "42501"}'),
-- Everybody's, on the word of a coordinator whom it names (nina), within that coordinator's scope.
('service_role', 'olga', '{"insert": "1", "register": "1", "bulk": "2", "check": "0", "update": "1", "change": "1", "read": "1",
"read log": "1", "history": "1", "log": "1"}'),
('service_role', 'sara', '{"insert": "1", "register": "PT404", "bulk": "PL006", "check": "1", "update": "1", "change": "1", "read": "1",
"read log": "1", "history": "1", "log": "1"}');
update matrix
set outcomes = outcomes || '{"change log": "42501", "delete log": "42501", "truncate log": "42501"}'
where true;

select plan((select count(*)::int from matrix cross join jsonb_each_text(outcomes)) + 1);
select tests.make_two_organisations();
select tests.make_coordinator('signe', 'north', 'oslo');
select tests.make_coordinator('signe', 'north', 'bergen');
select tests.make_activity('nina for sara', 'sara', 'sven');
select is(
    (select count(*) from matrix cross join commands where not matrix.outcomes ? commands.command), 0::bigint,
    'nothing is left out'
);

select is(
    tests.outcome(
        case when matrix.actor in ('anon', 'service_role') then matrix.actor else 'authenticated' end,
        case when matrix.actor not in ('anon', 'service_role') then tests.id('user', matrix.actor) end,
        format(
            commands.template,
            tests.id('mentor', matrix.mentor),
            tests.id('activity', 'nina for ' || matrix.mentor),
            tests.id('organisation', case matrix.mentor when 'sara' then 'south' else 'north' end),
            tests.id('user', case matrix.actor when 'service_role' then 'nina' else matrix.actor end),
            case matrix.actor when 'service_role' then quote_literal(tests.id('user', 'nina')) else 'null' end
        ),
        case
            when commands.command ~ 'log' then 'public.proxy_audit_log'::regclass
            when commands.command = 'update' then 'public.activities'
        end
    ),
    matrix.outcomes ->> commands.command,
    format('%s, %s, for %s: %s', matrix.actor, commands.command, matrix.mentor, matrix.outcomes ->> commands.command)
)
from matrix
cross join commands;
select * from finish();
rollback;
