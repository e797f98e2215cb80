-- Names are printed: on a terminal, in a report, in a message. None of them may move the cursor or turn the line around.
begin;
select plan(45);
select tests.make_two_organisations();
select is(
    tests.outcome('service_role', null, format(statement, 'A' || unsafe || 'B')), '23514', format('%s: U+%s', left(statement, 40), to_hex(ascii(unsafe)))
)
from unnest(array[chr(27), chr(10), chr(127), chr(155), chr(8238), chr(8294), chr(8232), chr(8206), chr(65279)]) as unsafe
cross join unnest(
    array[
        'insert into public.organisations (slug, name) values (''x'', %L)',
        'insert into public.chapters (organisation_id, name) select id, %L from public.organisations limit 1',
        'insert into public.badge_definitions (organisation_id, slug, name, criteria) select id, ''x'', %L, ''{"metric": "activity_count", "at_least": 1}'' from public.organisations limit 1',
        'insert into public.peer_mentors (organisation_id, display_name) select id, %L from public.organisations limit 1'
    ]
) as statement;
select is(
    tests.outcome('service_role', null, format('insert into public.organisations (slug, name) values (''x'', %L)', name)), '1', name
)
from unnest(array['Likeperson Ærø', 'عربي', 'עברית', '日本', 'O’Brien & Co', E'Zo\u00e9', 'a‌b', '👩‍👧', 'Kari "Kalle" N.']) as name;
select * from finish();
rollback;
