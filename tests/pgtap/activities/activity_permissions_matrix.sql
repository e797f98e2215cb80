-- Who × command × whose activity. 42501: refused; 0: filtered, and nothing changed; 1: done.
-- nina coordinates the north, oskar its chapter oslo, sven the south; olga is in oslo, berit in bergen.
begin;
create temporary table matrix (command text, row_name text, actor text, outcome text);
insert into matrix values
('select', 'olga''s', 'olga', '1'),
('select', 'olga''s', 'nina', '1'),
('select', 'olga''s', 'oskar', '1'),
('select', 'berit''s', 'oskar', '1'),
('select', 'olga''s', 'berit', '0'),
('select', 'olga''s', 'sara', '0'),
('select', 'olga''s', 'sven', '0'),
('select', 'olga''s', 'stranger', '0'),
('select', 'olga''s', 'anon', '42501'),
('select', 'olga''s', 'service_role', '1'),

('update', 'olga''s', 'olga', '1'),
('update', 'olga''s', 'berit', '0'),
('update', 'olga''s', 'nina', '0'),
('update', 'olga''s', 'oskar', '0'),
('update', 'olga''s', 'sven', '0'),
('update', 'olga''s', 'sara', '0'),
('update', 'olga''s', 'anon', '42501'),
('update', 'olga''s', 'service_role', '1'),
('update', 'nina for olga', 'nina', '1'),
('update', 'nina for olga', 'oskar', '1'),
('update', 'nina for berit', 'nina', '1'),
('update', 'nina for berit', 'oskar', '0'),
('update', 'nina for olga', 'olga', '0'),
('update', 'nina for olga', 'sven', '0'),
('update', 'nina for olga', 'stranger', '0'),

('void', 'olga''s', 'olga', '1'),
('void', 'nina for olga', 'nina', '1'),
('void', 'nina for olga', 'sven', '0'),

('reattribute', 'nina for olga', 'nina', '42501'),
('resign', 'nina for olga', 'nina', '42501'),
('resign', 'nina for olga', 'service_role', '1'),
('reattribute', 'olga''s', 'olga', '42501'),
('reattribute', 'olga''s', 'service_role', '1'),

('delete', 'olga''s', 'olga', '42501'),
('delete', 'olga''s', 'nina', '42501'),
('delete', 'olga''s', 'anon', '42501'),
('delete', 'olga''s', 'service_role', '1'),
('truncate', 'olga''s', 'olga', '42501'),
('truncate', 'olga''s', 'anon', '42501'),
('truncate', 'olga''s', 'service_role', '42501'),

('note: select', 'olga''s', 'olga', '1'),
('note: select', 'olga''s', 'nina', '1'),
('note: select', 'olga''s', 'berit', '0'),
('note: select', 'olga''s', 'sven', '0'),
('note: select', 'olga''s', 'anon', '42501'),
('note: update', 'olga''s', 'olga', '1'),
('note: update', 'olga''s', 'nina', '0'),
('note: update', 'nina for olga', 'nina', '1'),
('note: update', 'nina for olga', 'oskar', '1'),
('note: update', 'nina for berit', 'oskar', '0'),
('note: update', 'nina for olga', 'olga', '0'),
('note: update', 'nina for olga', 'sven', '0'),
('note: update', 'nina for olga', 'service_role', '1'),
('note: delete', 'olga''s', 'olga', '42501'),
('note: delete', 'olga''s', 'service_role', '1'),
('note: insert', 'bare olga''s', 'olga', '1'),
('note: insert', 'bare olga''s', 'nina', '42501'),
('note: insert', 'bare olga''s', 'berit', '42501'),
('note: insert', 'bare olga''s', 'sven', '42501'),
('note: insert', 'bare olga''s', 'anon', '42501'),
('note: insert', 'bare nina for olga', 'oskar', '1'),
('note: insert', 'bare nina for olga', 'olga', '42501'),

-- insert: row_name is "mentor" or "mentor by coordinator"
('insert', 'olga', 'olga', '1'),
('insert', 'olga', 'berit', '42501'),
('insert', 'olga', 'sara', '42501'),
('insert', 'olga', 'nina', '42501'),
('insert', 'olga', 'anon', '42501'),
('insert', 'olga', 'stranger', '42501'),
('insert', 'olga', 'service_role', '1'),
('insert', 'olga by nina', 'nina', '1'),
('insert', 'berit by nina', 'nina', '1'),
('insert', 'olga by oskar', 'oskar', '1'),
('insert', 'berit by oskar', 'oskar', '42501'),
('insert', 'olga by nina', 'oskar', '42501'),
('insert', 'olga by nina', 'olga', '42501'),
('insert', 'olga by olga', 'olga', '42501'),
('insert', 'olga by sven', 'sven', '42501'),
('insert', 'sara by sven', 'sven', '1'),
('insert', 'sara by nina', 'nina', '42501'),
-- nora is both: for herself she is a mentor and nothing else
('insert', 'nora by nora', 'nora', '42501'),
('insert', 'nora', 'nora', '1'),
('insert', 'olga by nora', 'nora', '1');

select plan((select count(*)::int from matrix));
select tests.make_two_organisations();
select tests.make_coordinator('nora', 'north');
select tests.make_mentor('nora', 'north');
insert into public.activity_notes (activity_id, organisation_id, body)
select id, organisation_id, 'x' from public.activities;
select tests.make_activity('bare olga''s', 'olga');
select tests.make_activity('bare nina for olga', 'olga', 'nina');

select is(
    tests.outcome(
        case when actor in ('anon', 'service_role') then actor else 'authenticated' end,
        case when actor not in ('anon', 'service_role') then tests.id('user', actor) end,
        case command
            when 'select' then format('select from public.activities where id = %L', row_id)
            when 'update' then format('update public.activities set duration_minutes = 61 where id = %L', row_id)
            when 'void' then format('update public.activities set voided_at = now() where id = %L', row_id)
            when 'reattribute'
                then format('update public.activities set mentor_id = %L where id = %L', tests.id('mentor', 'berit'), row_id)
            when 'resign'
                then format('update public.activities set coordinator_id = %L where id = %L', tests.id('user', 'oskar'), row_id)
            when 'delete' then format('delete from public.activities where id = %L', row_id)
            when 'truncate' then 'truncate public.activities cascade'
            when 'note: select' then format('select from public.activity_notes where activity_id = %L', row_id)
            when 'note: update' then format('update public.activity_notes set body = ''y'' where activity_id = %L', row_id)
            when 'note: delete' then format('delete from public.activity_notes where activity_id = %L', row_id)
            when 'note: insert'
                then format(
                    'insert into public.activity_notes (activity_id, organisation_id, body) values (%L, %L, ''x'')',
                    row_id, tests.id('organisation', 'north')
                )
            when 'insert'
                then format(
                    'insert into public.activities (organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, '
                    'duration_minutes) values (%L, %L, %L, ''walk'', ''2026-02-01'', 30)',
                    tests.id('organisation', case when row_name ~ '^sara' then 'south' else 'north' end),
                    tests.id('mentor', split_part(row_name, ' by ', 1)),
                    tests.id('user', nullif(split_part(row_name, ' by ', 2), ''))
                )
        end,
        (case when command ~ '^note' then 'public.activity_notes' else 'public.activities' end)::regclass
    ),
    outcome, format('%s %s, %s: %s', actor, command, row_name, outcome)
)
from (select matrix.*, tests.id('activity', row_name) as row_id from matrix) as matrix;
select * from finish();
rollback;
