-- Each call by each role; a denial stands beside the service role, which may.
begin;
create temporary table calls (call text, service text);
insert into calls values
('select * from public.claim_notifications(''w'')', '2'),
('select * from public.complete_notifications(''[]'')', '0'),
('select public.requeue_notifications(tests.id(''organisation'', ''north''))', '1'),
('select public.requeue_notifications(tests.id(''organisation'', ''nowhere''))', 'PT404'),
('select public.requeue_notifications(tests.id(''organisation'', ''north''), 0)', '22023'),
('select public.remove_device_token(''x'')', '1'),
('select * from public.find_missed_nights()', '0'),
('select private.status_numbers()', '42501'),
('select private.begin_night()', '42501'),
('select private.begin_job(''x'', ''2026-01-01'')', '42501');
select plan(5 * (select count(*)::int from calls) + 1);
select tests.make_two_organisations();
insert into public.organisation_settings (organisation_id, quiet_from, quiet_until)
select id, '00:00', '00:00' from public.organisations;
insert into public.notifications (organisation_id, recipient_mentor_id, kind, dedupe_key)
select organisation_id, id, 'badge_awarded', id::text from public.peer_mentors where display_name <> 'sara';

select is(tests.outcome('service_role', null, call), service, 'service_role: ' || call) from calls;
select is(
    tests.outcome(actor.role_name, tests.id('user', actor.user_name), calls.call),
    case when calls.call like '%remove_device_token%' and actor.role_name = 'authenticated' then '1' else '42501' end,
    format('%s %s: %s', actor.role_name, actor.user_name, calls.call)
)
from calls
cross join (
    values ('anon', null), ('authenticated', 'nina'), ('authenticated', 'olga'), ('authenticated', 'stranger')
) as actor (role_name, user_name);
select is(
    tests.outcome('authenticated', tests.id('user', 'olga'), 'update public.notifications set state = ''sent'''), '42501',
    'nor does anybody else write the outbox'
);
select * from finish();
rollback;
