begin;
select plan(12);
select tests.make_two_organisations();
create temporary view history as
select mentor_id, old_status::text as was, new_status::text as became, cause, changed_by, run_id
from public.mentor_status_changes;
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select public.transition_mentor_status(tests.id('mentor', 'olga'), 'paused', reason => ' Olga is ill ');
reset role;
select set_config('request.jwt.claims', '', true);

select results_eq(
    'select * from history',
    $$ values (tests.id('mentor', 'olga'), 'active', 'paused', 'transition', tests.id('user', 'nina'), null::uuid) $$,
    'a transition says who'
);
select is(
    (select status_reason from public.peer_mentors where id = tests.id('mentor', 'olga')), 'Olga is ill',
    'why stands beside the status'
);
select is_empty(
    $$ select from public.mentor_status_changes as change where change::text like '%ill%' $$, 'and not in the log'
);
select is(
    (select status_changed_at from public.peer_mentors where id = tests.id('mentor', 'olga')),
    (select max(changed_at) from public.mentor_status_changes), 'both bear the same time'
);

update public.peer_mentors set status = 'withdrawn', status_changed_at = '2000-01-01' where organisation_id = tests.id('organisation', 'north');
select is(
    (select count(*) from history where cause = 'direct' and became = 'withdrawn'), 2::bigint, 'SQL that passes by the RPCs leaves it too'
);
select ok(
    (select min(status_changed_at) > '2020-01-01' from public.peer_mentors), 'and the database says when'
);
update public.peer_mentors set display_name = 'New', status = status where true;
select is((select count(*) from history), 3::bigint, 'what does not change the status leaves none');
insert into public.peer_mentors (id, organisation_id, display_name)
select id, organisation_id, display_name from public.peer_mentors
on conflict (id) do update set status = 'paused';
select is((select count(*) from history where became = 'paused'), 4::bigint, 'an upsert does');

update public.peer_mentors set status = 'active' where id = tests.id('mentor', 'sara');
select tests.make_certificate('sara', '2026-01-01');
select public.run_certification_expiry('2026-02-01', tests.id('run', '1'));
select public.renew_certification(tests.id('mentor', 'sara'), '2026-01-01', '2199-01-01');
select set_eq(
    $$ select was, became, cause, run_id from history where cause in ('expiry_run', 'renewal') $$,
    $$
    values
    ('active', 'expired_cert', 'expiry_run', tests.id('run', '1')),
    ('expired_cert', 'active', 'renewal', null)
    $$,
    'a run names itself, and a renewal is one'
);
select is(
    (select status_reason from public.peer_mentors where id = tests.id('mentor', 'sara')), null::text,
    'the reason of an earlier change does not linger'
);

alter table public.mentor_status_changes add constraint nothing_fits check (false) not valid;
select throws_ok(
    $$ update public.peer_mentors set status = 'withdrawn' where id = tests.id('mentor', 'sara') $$, '23514', null::text,
    'what cannot be written down does not happen'
);
select is(tests.status('sara'), 'active', 'and did not');
select * from finish();
rollback;
