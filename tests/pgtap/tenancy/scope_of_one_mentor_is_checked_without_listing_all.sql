-- A check that lists everybody in reach costs more the larger the organisation is.
begin;
select plan(3);
select tests.make_two_organisations();
insert into public.peer_mentors (organisation_id, chapter_id, display_name)
select tests.id('organisation', 'north'), tests.id('chapter', 'oslo'), 'mentor ' || number from generate_series(1, 3000) as number;
analyze public.peer_mentors;
create function pg_temp.rows_read() returns bigint language sql as $$
    select pg_stat_get_xact_tuples_returned('public.peer_mentors'::regclass) + pg_stat_get_xact_tuples_fetched('public.peer_mentors'::regclass)
$$;
create temporary table before as select pg_temp.rows_read() as rows;
grant select on before to public;
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select lives_ok(
    format('select public.transition_mentor_status(%L, ''paused'')', tests.id('mentor', 'olga')), 'a mentor of the chapter'
);
select throws_ok(
    format('select public.transition_mentor_status(%L, ''paused'')', tests.id('mentor', 'berit')), '42501',
    format('The mentor %s is outside your chapters.', tests.id('mentor', 'berit')), 'not one of another'
);
select cmp_ok(pg_temp.rows_read() - before.rows, '<', 1000::bigint, 'three thousand others are not read') from before;
select * from finish();
rollback;
