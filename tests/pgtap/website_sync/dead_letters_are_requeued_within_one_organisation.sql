begin;
select plan(11);
select tests.make_organisation('north');
select tests.make_organisation('south');
select tests.make_coordinator('nina', 'north');
select tests.make_listed_mentor(name, 'north') from unnest(array['a', 'b', 'c']) as name;
select tests.make_listed_mentor('s', 'south');
select tests.sync_once(name, 404) from unnest(array['a', 'b', 'c', 's']) as name;
create function pg_temp.dead() returns text language sql as $$
    select string_agg(name, ' ' order by name) from unnest(array['a', 'b', 'c', 's']) as name
    inner join public.hlf_sync_state as sync on sync.mentor_id = tests.id('mentor', name)
    where sync.state = 'dead_lettered'
$$;
update public.hlf_sync_state set updated_at = '2026-01-02' where mentor_id = tests.id('mentor', 'a');
update public.hlf_sync_state set updated_at = '2026-01-01' where mentor_id = tests.id('mentor', 'b');
select is(pg_temp.dead(), 'a b c s', 'four were given up');
select throws_ok(
    format('select public.requeue_dead_letters(%L, %s)', tests.id('organisation', 'north'), number),
    '22023', null, format('not %s at a time', number)
)
from (values ('0'), ('10001'), ('null')) as given (number);
select tests.set_status('c', 'paused');
select tests.sync_once('c', 404);
select is(public.requeue_dead_letters(tests.id('organisation', 'north'), 1), 1, 'one');
select is(pg_temp.dead(), 'a b s', 'is the removal, though it was given up last');
select tests.sync_once('c', 404);
select tests.set_status('c', 'active');
select tests.sync_once('c', 404);
select is(public.requeue_dead_letters(tests.id('organisation', 'north'), 1), 1, 'as many as were asked for');
select is(pg_temp.dead(), 'a c s', 'those first that have waited longest');
select is(public.requeue_dead_letters(tests.id('organisation', 'north')), 2, 'then the others');
select is(pg_temp.dead(), 's', 'and not another organisation''s');
select is(public.requeue_dead_letters(tests.id('organisation', 'north')), 0, 'until there is none');
select finish();
rollback;
