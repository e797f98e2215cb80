begin;
select plan(31);
select tests.make_two_organisations();
select tests.make_coordinator('nora', 'north');
select tests.make_mentor('nora', 'north');
select tests.make_activity('nina for nora', 'nora', 'nina');
create function pg_temp.tries(actor text, mentor text) returns text language sql as $$
    select tests.outcome(
        'authenticated', tests.id('user', actor),
        format('select from public.register_proxy_activity(%L, ''walk'', ''2026-02-01'', 30)', tests.id('mentor', mentor))
    )
$$;
create function pg_temp.moves(actor text, activity text, mentor text) returns text language sql as $$
    select tests.outcome(
        'authenticated', tests.id('user', actor),
        format(
            'select from public.update_proxy_activity(%L, %L)',
            tests.id('activity', activity), jsonb_build_object('mentor_id', tests.id('mentor', mentor))
        )
    )
$$;

select is(pg_temp.tries('oskar', 'olga'), '1', 'oskar speaks for olga');
update public.peer_mentors set chapter_id = tests.id('chapter', 'bergen') where id = tests.id('mentor', 'olga');
select is(pg_temp.tries('oskar', 'olga'), '42501', 'until olga moves to bergen');
update public.peer_mentors set chapter_id = null where id = tests.id('mentor', 'olga');
select is(pg_temp.tries('oskar', 'olga'), '42501', 'or has no chapter');
update public.peer_mentors set chapter_id = tests.id('chapter', 'oslo') where id = tests.id('mentor', 'olga');
select is(pg_temp.tries('oskar', 'olga'), '1', 'and again when she is back');
select is(pg_temp.moves('nina', 'nina for olga', 'berit'), '1', 'nina may say that it was berit');
select is(pg_temp.moves('oskar', 'nina for olga', 'berit'), '42501', 'oskar may not: berit is out of scope');
select is(pg_temp.moves('oskar', 'nina for berit', 'olga'), '42501', 'nor take what is out of scope');
select is(pg_temp.moves('nina', 'nina for olga', 'sara'), 'PT404', 'nor nina that it was somebody of the south');
select is(
    tests.outcome('service_role', null, format(
        'select from public.update_proxy_activity(%L, %L)',
        tests.id('activity', 'nina for olga'), jsonb_build_object('mentor_id', tests.id('mentor', 'none'))
    )),
    'PT404', 'nor the service role that it was nobody'
);
select tests.make_coordinator('nina', 'south');
select is(pg_temp.tries('nina', 'sara'), '1', 'who coordinates in both organisations speaks in both');
select is(pg_temp.moves('nina', 'nina for olga', 'sara'), '22023', 'and moves nothing from one to the other');

select is(pg_temp.tries('nora', 'olga'), '1', 'nora, a mentor too, speaks for olga');
select is(pg_temp.tries('nora', 'nora'), '42501', 'and not for herself');
select is(pg_temp.moves('nora', 'nina for olga', 'nora'), '42501', 'nor takes over what others did');
select is(
    tests.outcome(
        'authenticated', tests.id('user', 'nora'),
        format('update public.activities set duration_minutes = 600 where id = %L', tests.id('activity', 'nina for nora')),
        'public.activities'
    ),
    '0', 'nor changes what was said for her'
);

-- The answer says which of these it is, and nothing of what the caller may not know.
create function pg_temp.answer(statement text) returns text language plpgsql as $$
begin
    execute answer.statement;
    return 'done';
exception
    when others then
        return sqlstate || ' ' || sqlerrm;
end
$$;
create function pg_temp.registers(mentor text, minutes int default 30, kind text default 'walk') returns text language sql as $$
    select format(
        'select public.register_proxy_activity(%L, %L, ''2026-02-01'', %s)', tests.id('mentor', registers.mentor), registers.kind, registers.minutes
    )
$$;
update public.peer_mentors set chapter_id = tests.id('chapter', 'oslo') where id = tests.id('mentor', 'nora');
insert into public.coordinator_assignments (user_id, organisation_id, chapter_id)
values (tests.id('user', 'olga'), tests.id('organisation', 'north'), tests.id('chapter', 'oslo'));
select tests.acts_as('authenticated', tests.id('user', 'olga'));
select matches(pg_temp.answer(pg_temp.registers(mentor)), '^' || answer, 'registering for ' || mentor)
from (
    values
    ('olga', '42501 .*mentor_id is you'), ('berit', '42501 .*mentor_id is outside your chapters'),
    ('sara', 'PT404 .*mentor_id is no mentor that you can see'), ('none', 'PT404 .*mentor_id is no mentor that you can see')
) as given (mentor, answer);
select matches(
    pg_temp.answer(format(
        'select public.update_proxy_activity(%L, %L)', tests.id('activity', activity), jsonb_build_object('mentor_id', tests.id('mentor', mentor))
    )),
    '^' || answer, format('that %s was of %s', activity, mentor)
)
from (
    values
    ('nina for nora', 'olga', '42501 .*mentor_id is you'), ('nina for nora', 'berit', '42501 .*mentor_id is outside your chapters'),
    ('nina for nora', 'sara', 'PT404 .*mentor_id is no mentor that you can see'),
    ('nina for olga', 'nora', '42501 You do not speak for the mentor'), ('olga''s', 'nora', '42501 The activity is the mentor''s own'),
    ('none', 'nora', 'PT404 There is no activity')
) as given (activity, mentor, answer);
-- Of several faults the code is that of the gravest: who may not is not told to correct a number.
select matches(pg_temp.answer(pg_temp.registers(mentor, minutes, kind)), answer, format('%s, %s minutes: %s', mentor, minutes, answer))
from (
    values
    ('berit', 0, 'walk', '^42501 .*2 reasons'), ('sara', 0, 'walk', '^PT404 .*2 reasons'), ('nora', 0, 'walk', '^22023 .*duration_minutes'),
    ('berit', 0, 'a walk', '^42501 .*3 reasons')
) as given (mentor, minutes, kind, answer);
reset role;

select is(
    tests.outcome(
        'authenticated', tests.id('user', 'nina'),
        format('select from public.update_proxy_activity(%L, ''{"duration_minutes": 45}'')', tests.id('activity', 'olga''s'))
    ),
    '42501', 'what a mentor registered is not changed by proxy'
);
delete from public.coordinator_assignments where user_id = tests.id('user', 'oskar');
select is(pg_temp.tries('oskar', 'olga'), '42501', 'who is appointed no longer speaks for nobody');
select * from finish();
rollback;
