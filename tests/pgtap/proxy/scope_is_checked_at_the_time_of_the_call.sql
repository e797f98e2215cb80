begin;
select plan(16);
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
