begin;
select plan(14);
select tests.make_organisation('north');
select tests.make_mentor('m' || number, 'north') from generate_series(1, 5) as number;
select tests.make_certificate('m' || number, '2026-02-28') from generate_series(1, 5) as number;
select public.run_certification_expiry('2026-03-01', tests.id('run', '1'));
insert into public.certification_expiry_audit_log (run_id, mentor_id, event_type, organisation_id)
select tests.id('run', '2'), tests.id('mentor', 'm1'), 'transition_failed', tests.id('organisation', 'north')
from generate_series(1, 3);

create temporary view pages as
select page.number, public.get_run_summary(tests.id('run', '1'), 2, 2 * (page.number - 1)) as summary
from generate_series(1, 4) as page (number);
select is(
    (select array_agg(jsonb_array_length(summary -> 'entries') order by number) from pages), array[2, 2, 1, 0],
    'the page beyond the end is empty'
);
select is(
    (select count(distinct entry ->> 'mentor_id') from pages, jsonb_array_elements(summary -> 'entries') as entry), 5::bigint,
    'the pages together have each entry once'
);
select is(
    (select array_agg(entry ->> 'timestamp' order by number, ordinality) from pages, jsonb_array_elements(summary -> 'entries') with ordinality as entry (entry, ordinality)),
    (select array_agg(to_jsonb("timestamp") #>> '{}' order by "timestamp", id) from public.certification_expiry_audit_log where run_id = tests.id('run', '1')),
    'oldest first'
);
select is((select count(*) from public.get_mentor_audit_history(tests.id('mentor', 'm1'))), 4::bigint, 'a mentor''s history is of all runs');
select results_eq(
    $$ select id from public.get_mentor_audit_history(tests.id('mentor', 'm1'), page_limit => 2, page_offset => 1) $$,
    $$
    select id from public.certification_expiry_audit_log where mentor_id = tests.id('mentor', 'm1')
    order by "timestamp" desc, id desc limit 2 offset 1
    $$,
    'newest first'
);
select is_empty($$ select from public.get_mentor_audit_history(tests.id('mentor', 'm1'), null, 50, 1000000) $$, 'beyond the end is empty');
select throws_ok(
    format('select public.%s(%L, %s)', call.name, call.id, call.page), '22023',
    format('page_limit must be 0 to 1000 and page_offset 0 or more, not %s.', call.words), format('%s: %s', call.name, call.page)
)
from (
    values
    ('get_run_summary', tests.id('run', '1'), '-1, 0', '-1 and 0'),
    ('get_run_summary', tests.id('run', '1'), '1001, 0', '1001 and 0'),
    ('get_run_summary', tests.id('run', '1'), '50, -1', '50 and -1'),
    ('get_run_summary', tests.id('run', '1'), 'null, 0', 'null and 0'),
    ('get_mentor_audit_history', tests.id('mentor', 'm1'), 'null, -1, 0', '-1 and 0'),
    ('get_mentor_audit_history', tests.id('mentor', 'm1'), 'null, 2147483647, 0', '2147483647 and 0'),
    ('get_mentor_audit_history', tests.id('mentor', 'm1'), 'null, 50, -1', '50 and -1')
) as call (name, id, page, words);
select is(jsonb_array_length(public.get_run_summary(tests.id('run', '1'), 0) -> 'entries'), 0, 'a page of none is one');
select * from finish();
rollback;
