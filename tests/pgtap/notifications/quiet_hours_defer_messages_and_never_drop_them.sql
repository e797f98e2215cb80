begin;
select plan(10);
select tests.make_two_organisations();
update public.organisations set time_zone = 'Europe/Helsinki' where slug = 'south';
insert into public.organisation_settings (organisation_id, quiet_from, quiet_until)
values (tests.id('organisation', 'south'), '22:00', '06:30');
insert into public.notifications (id, organisation_id, recipient_mentor_id, kind, dedupe_key, created_at, next_attempt_at)
select tests.id('message', mentor.display_name), mentor.organisation_id, mentor.id, 'badge_awarded', mentor.id::text, at, at
from public.peer_mentors as mentor
cross join (select timestamptz '2026-01-15 20:30+01' as at) as evening
where mentor.display_name in ('olga', 'sara');
insert into public.notifications (id, organisation_id, recipient_user_id, kind, dedupe_key, created_at, next_attempt_at)
select tests.id('message', 'alert'), tests.id('organisation', 'north'), tests.id('user', 'nina'), 'ops_alert', 'alert', at, at
from (select timestamptz '2026-01-15 20:30+01' as at) as evening;

select results_eq(
    $$ select id from public.claim_notifications('w', 50, '1 minute', '2026-01-15 21:30+01') $$,
    $$ values (tests.id('message', 'alert')) $$, 'in the night only the alert is handed out'
);
select is(
    (select next_attempt_at from public.notifications where id = tests.id('message', 'olga')),
    '2026-01-16 08:00+01'::timestamptz, 'without settings: until 08:00'
);
select is(
    (select next_attempt_at from public.notifications where id = tests.id('message', 'sara')),
    '2026-01-16 06:30+02'::timestamptz, 'with settings: as they say, by the clocks of the organisation'
);
select is(
    (select array_agg(distinct state) from public.notifications where kind = 'badge_awarded'), array['pending'],
    'nothing is dropped'
);
select is_empty(
    $$ select id from public.claim_notifications('w', 50, '1 minute', '2026-01-16 05:29:59+01') where kind <> 'ops_alert' $$,
    'a moment too early'
);
select results_eq(
    $$ select id from public.claim_notifications('w', 50, '1 minute', '2026-01-16 05:30+01') where kind <> 'ops_alert' $$,
    $$ values (tests.id('message', 'sara')) $$, 'each organisation when its own night is over'
);
select results_eq(
    $$ select id from public.claim_notifications('w', 50, '1 hour', '2026-01-16 08:00+01') where id = tests.id('message', 'olga') $$,
    $$ values (tests.id('message', 'olga')) $$, 'and all in the end'
);
select is(
    (select attempts from public.notifications where id = tests.id('message', 'olga')), 0, 'waiting was no attempt'
);
-- Its worker dies, and the lease ends in the next night.
update public.notifications set next_attempt_at = '2026-01-16 21:30+01', lease_expires_at = '2026-01-16 21:30+01'
where id = tests.id('message', 'olga');
select public.claim_notifications('w', 50, '1 minute', '2026-01-16 22:00+01');
select results_eq(
    $$ select state, next_attempt_at, leased_by, attempts from public.notifications where id = tests.id('message', 'olga') $$,
    $$ values ('pending', '2026-01-17 08:00+01'::timestamptz, null::text, 1) $$, 'taken back from a dead worker it waits too'
);
update public.organisation_settings set quiet_from = '00:00', quiet_until = '00:00';
update public.notifications set state = 'pending', next_attempt_at = '2026-01-16 23:00+01', leased_by = null, lease_expires_at = null
where id = tests.id('message', 'sara');
select results_eq(
    $$ select id from public.claim_notifications('w', 50, '1 minute', '2026-01-16 23:00+01') where kind <> 'ops_alert' $$,
    $$ values (tests.id('message', 'sara')) $$, 'the same time twice switches quiet hours off'
);
select * from finish();
rollback;
