begin;
select plan(16);
select tests.make_organisation('north');
select tests.make_listed_mentor(name, 'north') from unnest(array['olga', 'berit', 'kari', 'wenche']) as name;
select tests.sync_once(name, 204) from unnest(array['olga', 'berit', 'kari', 'wenche']) as name;
create temporary view removals as
select mentor.display_name, removal.*
from public.hlf_removals as removal
inner join public.peer_mentors as mentor on mentor.id = removal.mentor_id;
create temporary view times as
select found.* from public.get_hlf_removal_times(tests.id('organisation', 'north'), '2000-01-01', '2100-01-01') as found;

select is_empty('select from removals', 'who is listed and should be waits for nothing');
select results_eq(
    'select confirmed, median, worst, still_open, longest_open from times',
    $$ values (0::bigint, null::interval, null::interval, 0::bigint, null::interval) $$, 'no removals'
);
update public.peer_mentors set status = 'expired_cert' where display_name in ('olga', 'berit', 'kari');
select is((select count(*) from removals where confirmed_at is null), 3::bigint, 'from the change of status they are visible too long');
select tests.set_status('kari', 'withdrawn');
select is((select count(*) from removals where display_name = 'kari'), 1::bigint, 'until it is confirmed, whatever follows');
update public.hlf_removals as removal
set wanted_at = now() - case when mentor.display_name = 'olga' then interval '10 minutes' else interval '30 minutes' end
from public.peer_mentors as mentor
where mentor.id = removal.mentor_id;

select tests.sync_once('olga', 503);
select is((select confirmed_at from removals where display_name = 'olga'), null, 'a failure confirms nothing');
select tests.sync_once('olga', 204);
select tests.sync_once('berit', 204);
select results_eq(
    $$ select
        confirmed, date_trunc('minute', median), date_trunc('minute', p95), date_trunc('minute', worst),
        cancelled, still_open, date_trunc('minute', longest_open)
    from times $$,
    $$ values (
        2::bigint, interval '20 minutes', interval '29 minutes', interval '30 minutes', 0::bigint, 1::bigint, interval '30 minutes'
    ) $$, 'median, 95th percentile, worst, and what is open'
);
select tests.set_status('olga', 'withdrawn');
select tests.sync_once('olga', 204);
select is((select count(*) from removals where display_name = 'olga'), 1::bigint, 'who is off already is not visible again');
select tests.set_status('kari', 'active');
select is((select num_nonnulls(cancelled_at) from removals where display_name = 'kari'), 1, 'active again: the removal is not wanted any more');
select tests.set_status('kari', 'paused');
select is((select count(*) from removals where display_name = 'kari'), 2::bigint, 'and then it is, from then on');

-- A restore that is under way may be applied, though the last confirmed state is "removed".
select tests.set_status('berit', 'active');
select public.claim_hlf_sync('w', 100, '1 minute');
select tests.set_status('berit', 'expired_cert');
select is((select count(*) from removals where display_name = 'berit' and confirmed_at is null), 1::bigint, 'they may be visible by now');
select public.complete_hlf_sync(jsonb_build_array(tests.sync_result('berit', 204)));
select is((select count(*) from removals where display_name = 'berit' and confirmed_at is null), 1::bigint, 'the restore is no removal');
select tests.sync_once('berit', 204);
select is((select count(*) from removals where display_name = 'berit' and confirmed_at is null), 0::bigint, 'the removal is');

-- Without a Dynamics contact nobody is visible, and nothing would ever be confirmed.
select tests.make_mentor('nina', 'north');
select tests.set_status('nina', 'withdrawn');
select is_empty($$ select from removals where display_name = 'nina' $$, 'who has no contact waits for no removal');
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'nina') where display_name = 'nina';
select is((select count(*) from removals where display_name = 'nina' and confirmed_at is null), 1::bigint, 'who gets one does');
update public.peer_mentors set dynamics_contact_id = null where display_name = 'nina';
select is((select num_nonnulls(cancelled_at) from removals where display_name = 'nina'), 1, 'until it is cleared');
select tests.set_status('wenche', 'paused');
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'another') where display_name = 'wenche';
select is(
    (select num_nonnulls(cancelled_at, confirmed_at) from removals where display_name = 'wenche'), 0, 'another contact is to be removed instead'
);
select finish();
rollback;
