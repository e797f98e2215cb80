-- Who is told what, what is refused with which field, and that nobody else's activity, dispute or message is touched.
begin;
select plan(40);
select tests.make_two_organisations();
select tests.make_activity('oskar for olga', 'olga', 'oskar'), tests.make_activity('sven for sara', 'sara', 'sven');
-- Twice in scope, and the mentor's own user: told once, and not at all.
select tests.make_coordinator('nina', 'north', 'oslo'), tests.make_coordinator('olga', 'north', 'oslo');
delete from public.notifications;

create function pg_temp.dispute(activity text, reason text) returns text
language sql
as $$ select format('select public.dispute_proxy_activity(%L, %L)', tests.id('activity', dispute.activity), dispute.reason) $$;
create function pg_temp.settle(activity text, outcome text) returns text
language sql
as $$ select format('select public.resolve_proxy_dispute(%L, %L)', tests.id('activity', settle.activity), settle.outcome) $$;
select is(
    tests.outcome('authenticated', tests.id('user', 'olga'), pg_temp.dispute('nina for olga', reason)), '1', 'a reason: ' || reason
)
from unnest(array['not_me', 'wrong_day', 'wrong_duration', 'wrong_type', 'duplicate', 'other']) as reason;
create temporary table voided as select tests.id('activity', 'oskar for olga') as id, now() - interval '1 hour' as voided_at;
update public.activities as activity set voided_at = voided.voided_at from voided where activity.id = voided.id;
select is(tests.refusal(statement), refused, statement)
from (
    values
    (pg_temp.dispute('nina for olga', 'none of these'), '22023 reason_code'), (pg_temp.dispute('nina for olga', null), '22023 reason_code'),
    (pg_temp.dispute('olga''s', 'not_me'), '22023 activity_id'), (pg_temp.dispute('oskar for olga', 'not_me'), '22023 activity_id'),
    (pg_temp.dispute('nowhere', 'not_me'), 'PT404 '), (pg_temp.settle('nina for olga', 'upheld'), 'PT404 '),
    (pg_temp.settle('nowhere', 'upheld'), 'PT404 '), (pg_temp.settle('nina for olga', 'maybe'), '22023 outcome'),
    (pg_temp.settle('nina for olga', null), '22023 outcome')
) as attempt (statement, refused);
update public.activities as activity set voided_at = null from voided where activity.id = voided.id;

select tests.acts_as('authenticated', tests.id('user', 'olga'));
create temporary table disputes as
select * from public.dispute_proxy_activity(tests.id('activity', 'nina for olga'), 'not_me')
union all
select * from public.dispute_proxy_activity(tests.id('activity', 'oskar for olga'), 'wrong_day');
reset role;
select is(tests.refusal(pg_temp.dispute('nina for olga', 'other')), '22023 reason_code', 'one at a time');
select results_eq(
    $$
        select recipient_user_id, recipient_mentor_id, payload, dedupe_key from public.notifications
        where kind = 'proxy_disputed' order by payload ->> 'activity_id', recipient_user_id
    $$,
    $$
        select
            recipient.user_id, null::uuid,
            jsonb_build_object(
                'dispute_id', disputes.id, 'activity_id', disputes.activity_id, 'mentor_id', tests.id('mentor', 'olga'),
                'disputed_on', (now() at time zone 'Europe/Oslo')::date
            ),
            'proxy_disputed:' || disputes.id || ':user:' || recipient.user_id
        from disputes
        cross join (values (tests.id('user', 'nina')), (tests.id('user', 'oskar'))) as recipient (user_id)
        order by disputes.activity_id::text, recipient.user_id
    $$, 'the coordinators in scope are told of each once, and not the mentor, who is one of them'
);
select is(
    tests.outcome('authenticated', tests.id('user', user_name), pg_temp.settle(activity, 'upheld')), refused,
    format('%s settles what is said of %s: %s', user_name, activity, refused)
)
from (
    values
    ('sara', 'nina for olga', 'PT404'), ('sara', 'sven for sara', 'PT404'), ('berit', 'nina for olga', 'PT404'), ('olga', 'nina for olga', '42501'),
    ('sven', 'nina for olga', 'PT404'), ('berit', 'nina for berit', 'PT404'), ('oskar', 'oskar for olga', '42501'), ('sven', 'sven for sara', 'PT404')
) as attempt (user_name, activity, refused);
-- One who is no coordinator: their own dispute is not the one that they ask about.
delete from public.coordinator_assignments where user_id = tests.id('user', 'olga');
select is(
    tests.outcome('authenticated', tests.id('user', 'olga'), pg_temp.settle(activity, 'upheld')), refused, 'nor does she settle ' || activity
)
from (values ('nina for olga', '42501'), ('nina for berit', 'PT404'), ('nowhere', 'PT404')) as attempt (activity, refused);

create temporary table before as select id, voided_at from public.activities;
delete from public.notifications;
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
create temporary table settled as select * from public.resolve_proxy_dispute(tests.id('activity', 'nina for olga'), 'upheld');
reset role;
select results_eq(
    'select activity.id from public.activities as activity inner join before using (id) where activity.voided_at is distinct from before.voided_at',
    array[tests.id('activity', 'nina for olga')], 'the disputed activity is voided, and no other'
);
select results_eq(
    'select id from public.proxy_disputes where outcome is null', 'select id from disputes where reason_code = ''wrong_day''', 'the other dispute is open'
);
select results_eq(
    'select organisation_id, recipient_mentor_id, payload, dedupe_key from public.notifications',
    $$
        select
            organisation_id, mentor_id,
            jsonb_build_object(
                'dispute_id', id, 'activity_id', activity_id, 'outcome', 'upheld', 'resolved_on', (resolved_at at time zone 'Europe/Oslo')::date
            ),
            'proxy_disputed:' || id || ':mentor'
        from settled
    $$, 'the mentor is told how it was settled, and no other'
);
select is(
    tests.outcome('authenticated', tests.id('user', 'nina'), pg_temp.settle('nina for olga', 'rejected')), '42501', 'whoever registered it has no say afterwards either'
);
select is(
    tests.refusal(pg_temp.settle('nina for olga', 'rejected')), '22023 outcome', 'settled is settled'
);
-- What was voided meanwhile keeps its time.
update public.activities as activity set voided_at = voided.voided_at from voided where activity.id = voided.id;
update public.peer_mentors set user_id = null, email = null, phone = null where id = tests.id('mentor', 'olga');
delete from public.notifications;
select tests.acts_as('service_role');
select public.resolve_proxy_dispute(tests.id('activity', 'oskar for olga'), 'upheld');
reset role;
select is(
    (select voided_at from public.activities where id = tests.id('activity', 'oskar for olga')), (select voided_at from voided),
    'what was voided before keeps its time'
);
select is_empty('select from public.notifications', 'and whoever has no address is told nothing');
-- Of several, the newest.
select tests.make_activity('again', 'olga', 'nina');
insert into public.proxy_disputes (organisation_id, activity_id, mentor_id, reason_code, outcome, resolved_at)
select tests.id('organisation', 'north'), tests.id('activity', 'again'), tests.id('mentor', 'olga'), 'not_me', outcome, at
from (values ('upheld', now() - interval '1 day'), ('rejected', now()), ('upheld', now() - interval '2 days')) as settled (outcome, at);
select is((public.resolve_proxy_dispute(tests.id('activity', 'again'), 'rejected')).resolved_at, now(), 'what was said last stands');
select is(tests.refusal(pg_temp.settle('again', 'upheld')), '22023 outcome', 'and is not said otherwise');

-- Corrected by the database's own staff.
update public.proxy_disputes set outcome = null, resolved_at = null, resolved_by = null where id = (select id from settled);
update public.proxy_disputes set reason_code = 'other' where id = (select id from settled);
select results_eq(
    $$
        select change_kind, details - array['dispute_id', 'mentor_id'] from public.administrative_changes
        where details ->> 'dispute_id' = (select id::text from settled) order by changed_at
    $$,
    $$ values
    ('opened', '{"reason_code": "not_me"}'::jsonb), ('settled', '{"reason_code": "not_me", "outcome": "upheld"}'),
    ('reopened', '{"reason_code": "not_me", "old_outcome": "upheld"}'), ('changed', '{"reason_code": "other", "old_reason_code": "not_me"}') $$,
    'each step is on record, with what it was before'
);
-- Several in one statement, of which one is nothing new; one of another mentor, and one that is gone.
create temporary table before_these as select id from public.administrative_changes;
create function pg_temp.news() returns table (activity_id uuid, change_kind text, details jsonb)
language sql
as $$
    select subject_id, change_kind, details - 'dispute_id' from public.administrative_changes
    where subject_kind = 'dispute' and id not in (select id from before_these) order by change_kind, subject_id
$$;
delete from public.proxy_disputes where activity_id = tests.id('activity', 'again');
insert into before_these select id from public.administrative_changes;
select tests.make_activity('third', 'olga', 'nina');
select public.dispute_proxy_activity(tests.id('activity', 'third'), 'wrong_type');
insert into before_these select id from public.administrative_changes;
update public.proxy_disputes
set
    outcome = case activity_id when tests.id('activity', 'third') then 'rejected' else outcome end,
    resolved_at = case activity_id when tests.id('activity', 'third') then now() else resolved_at end,
    reason_code = case activity_id when tests.id('activity', 'oskar for olga') then 'other' else reason_code end;
select results_eq(
    'select * from pg_temp.news()',
    $$ values
    (tests.id('activity', 'oskar for olga'), 'changed', jsonb_build_object(
        'mentor_id', tests.id('mentor', 'olga'), 'reason_code', 'other', 'outcome', 'upheld', 'old_reason_code', 'wrong_day'
    )),
    (tests.id('activity', 'third'), 'settled', jsonb_build_object('mentor_id', tests.id('mentor', 'olga'), 'reason_code', 'wrong_type', 'outcome', 'rejected')) $$,
    'of each what changed of it'
);
insert into before_these select id from public.administrative_changes;
update public.activities set mentor_id = tests.id('mentor', 'berit') where id = tests.id('activity', 'third');
update public.proxy_disputes set mentor_id = tests.id('mentor', 'berit') where activity_id = tests.id('activity', 'third');
delete from public.proxy_disputes where activity_id = tests.id('activity', 'third');
select results_eq(
    'select * from pg_temp.news()',
    $$ values
    (tests.id('activity', 'third'), 'changed', jsonb_build_object(
        'mentor_id', tests.id('mentor', 'berit'), 'reason_code', 'wrong_type', 'outcome', 'rejected', 'old_mentor_id', tests.id('mentor', 'olga')
    )),
    (tests.id('activity', 'third'), 'deleted', jsonb_build_object('mentor_id', tests.id('mentor', 'berit'), 'reason_code', 'wrong_type', 'outcome', 'rejected')) $$,
    'whose it was, and what it was when it went'
);
select * from finish();
rollback;
