begin;
select plan(24);
select tests.make_two_organisations();
update public.peer_mentors set display_name = 'Kari Nordmann' where id = tests.id('mentor', 'olga');
create function pg_temp.note(characters int) returns text language sql as $$
    select format(
        'insert into public.activity_notes (activity_id, organisation_id, body) '
        'values (tests.id(''activity'', ''olga''''s''), tests.id(''organisation'', ''north''), repeat(''å'', %s))', note.characters
    )
$$;
select is(tests.outcome('authenticated', tests.id('user', 'olga'), pg_temp.note(20000)), '1', 'a note of 20,000 characters');
select is(tests.outcome('authenticated', tests.id('user', 'olga'), pg_temp.note(20001)), '23514', 'and no more');
select is(tests.outcome('service_role', null, pg_temp.note(20001)), '23514', 'for the service role as well');

create function pg_temp.types(types text) returns text language sql as $$
    select format(
        'insert into public.organisation_settings (organisation_id, activity_types) select tests.id(''organisation'', ''north''), %s', types.types
    )
$$;
select is(tests.outcome('service_role', null, pg_temp.types(types)), expected, left(types, 60))
from (
    values
    ('''{}''', '1'), ('''{walk,første_samtale}''', '1'),
    ('array(select ''code_'' || chr(97 + n / 26) || chr(97 + n % 26) from generate_series(1, 200) as n)', '1'),
    ('array(select ''code_'' || chr(97 + n / 26) || chr(97 + n % 26) from generate_series(1, 201) as n)', '23514'),
    ('array[repeat(''a'', 10000000)]', '23514'), ('array_fill(''a''::text, array[2000000])', '23514'),
    ('''{b12345}''', '23514'), ('''{tlf_4123_4567}''', '22023'), ('''{kurs_2026-11-27}''', '1'), ('''{walk,kari_nordmann}''', '22023'), ('array[null]', '23514'), ('''{{a},{b}}''', '23514')
) as list (types, expected);

-- Wherever else a code stands that a log repeats.
select is(
    tests.outcome(
        'service_role', null,
        format(
            'insert into public.badge_definitions (organisation_id, slug, name, criteria) '
            'values (tests.id(''organisation'', ''north''), %L, ''x'', ''{"metric": "activity_count", "at_least": 1}'')', slug
        )
    ), expected, 'slug ' || slug
)
from (
    values ('kari_nordmann', '22023'), ('41-23-45-67', '22023'), ('10000-hours', '1'), ('kari', '1')
) as badge (slug, expected);
select is(
    tests.outcome(
        'service_role', null,
        format(
            'insert into public.grant_rules (organisation_id, category, valid_from, activity_types) '
            'select tests.id(''organisation'', ''north''), ''peer_course'', ''2026-01-01'', %s', types
        )
    ), expected, 'rule for ' || left(types, 40)
)
from (
    values ('array[''course_x'']', '1'), ('array[''kari_nordmann'']', '22023'), ('array_fill(''a''::text, array[2000000])', '23514')
) as rule (types, expected);
select is(
    tests.outcome(
        'authenticated', tests.id('user', 'olga'),
        format('update public.activities set place = %L where id = tests.id(''activity'', ''olga''''s'')', place)
    ), expected, 'place ' || place
)
from (values ('kari_nordmann', '22023'), ('bergen', '1')) as activity (place, expected);
select * from finish();
rollback;
