begin;
select plan(12);
select tests.make_two_organisations();
select tests.make_activity('oskar for olga', 'olga', 'oskar');
select public.dispute_proxy_activity(tests.id('activity', 'nina for olga'), 'wrong_duration');

select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select is(
    (select outcome from public.resolve_proxy_dispute(tests.id('activity', 'nina for olga'), 'rejected')), 'rejected',
    'the dispute is rejected'
);
select throws_ok(
    format('select public.resolve_proxy_dispute(%L, ''upheld'')', tests.id('activity', 'nina for olga')),
    '22023', null, 'and not settled otherwise afterwards'
);
reset role;
select is(
    (select voided_at from public.activities where id = tests.id('activity', 'nina for olga')), null, 'rejected: the activity stands'
);
select results_eq(
    $$ select recipient_mentor_id, payload ->> 'outcome' from public.notifications where kind = 'proxy_disputed' and recipient_mentor_id is not null $$,
    format('values (%L::uuid, ''rejected'')', tests.id('mentor', 'olga')),
    'the mentor is told how it was settled'
);

select tests.acts_as('authenticated', tests.id('user', 'olga'));
select throws_ok(
    format('select public.dispute_proxy_activity(%L, ''wrong_duration'')', tests.id('activity', 'nina for olga')),
    '22023', null, 'as it stands it is not disputed for the same reason again'
);
select lives_ok(
    format('select public.dispute_proxy_activity(%L, ''wrong_day'')', tests.id('activity', 'nina for olga')),
    'but for another one'
);
reset role;
select public.resolve_proxy_dispute(tests.id('activity', 'nina for olga'), 'rejected');
-- As of a later transaction: within this one every change has the same time.
alter table public.activities disable trigger _100_stamp_updated_at;
update public.activities set duration_minutes = 70, updated_at = clock_timestamp() where id = tests.id('activity', 'nina for olga');
alter table public.activities enable trigger _100_stamp_updated_at;
select tests.acts_as('authenticated', tests.id('user', 'olga'));
select lives_ok(
    format('select public.dispute_proxy_activity(%L, ''wrong_duration'')', tests.id('activity', 'nina for olga')),
    'a changed activity can be disputed again'
);
reset role;

-- Out of scope: a chapter that is not theirs.
select public.dispute_proxy_activity(tests.id('activity', 'nina for berit'), 'not_me');
select is(
    tests.outcome(
        'authenticated', tests.id('user', 'oskar'),
        format('select public.resolve_proxy_dispute(%L, ''upheld'')', tests.id('activity', 'nina for berit'))
    ),
    '42501', 'a coordinator of another chapter does not settle it'
);
-- Two pairs of eyes: the mentor is a coordinator herself.
update public.peer_mentors set user_id = tests.id('user', 'oskar') where id = tests.id('mentor', 'olga');
select is(
    tests.outcome(
        'authenticated', tests.id('user', 'oskar'),
        format('select public.resolve_proxy_dispute(%L, ''upheld'')', tests.id('activity', 'nina for olga'))
    ),
    '42501', 'nobody settles their own'
);
-- A dispute follows the mentor, and goes with its activity.
select tests.make_mentor('olga again', 'north', 'oslo');
select public.merge_mentors(tests.id('mentor', 'olga'), tests.id('mentor', 'olga again'));
select is(
    (select mentor_id from public.proxy_disputes where activity_id = tests.id('activity', 'nina for olga') and outcome is null),
    tests.id('mentor', 'olga again'), 'it goes over when mentors are merged'
);
update public.activities set voided_at = now() where id = tests.id('activity', 'nina for berit');
select lives_ok(
    format('select public.resolve_proxy_dispute(%L, ''upheld'')', tests.id('activity', 'nina for berit')),
    'what was voided meanwhile can be settled'
);
delete from public.activities where id = tests.id('activity', 'nina for berit');
select results_eq(
    format(
        'select change_kind from public.administrative_changes where subject_kind = ''dispute'' and subject_id = %L order by changed_at, id',
        tests.id('activity', 'nina for berit')
    ),
    array['opened', 'settled', 'deleted'], 'its end is on record'
);
select * from finish();
rollback;
