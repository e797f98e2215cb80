begin;
select plan(9);
select tests.make_organisation('north');
select tests.make_mentor('olga', 'north');
select tests.make_certificate('olga', '2026-06-30');
create temporary view reminders as
select string_agg(threshold_day::text, ' ' order by threshold_day desc) as sent from public.cert_expiry_reminders;

select is(
    (select total_reminders_sent from public.run_certification_expiry('2026-05-30')), 0, '31 days before: not yet'
);
select public.run_certification_expiry(date '2026-06-18');
select is((select sent from reminders), '14', 'runs that were missed make one reminder, the tightest');
select public.run_certification_expiry(date '2026-06-19');
select is((select sent from reminders), '14', 'the wider one is not sent afterwards');
insert into public.organisation_settings (organisation_id, reminder_thresholds_days)
values (tests.id('organisation', 'north'), '{60,20,10}');
select public.run_certification_expiry(date '2026-06-19');
select is((select sent from reminders), '14', 'a new threshold that is wider than what was sent is not sent');
select public.run_certification_expiry(date '2026-06-20');
select is((select sent from reminders), '14 10', 'a new one that is tighter is');
update public.organisation_settings set certification_reminders_enabled = false, reminder_thresholds_days = '{5}';
select public.run_certification_expiry(date '2026-06-29');
select is((select sent from reminders), '14 10', 'switched off, nobody is reminded');
update public.organisation_settings set certification_reminders_enabled = true;
select public.run_certification_expiry(date '2026-06-30');
select is((select sent from reminders), '14 10 5', 'on the last day it still can be');
update public.organisation_settings set certification_reminders_enabled = false;
select public.run_certification_expiry(date '2026-07-01');
select is(tests.status('olga'), 'expired_cert', 'and expires the day after, reminders or not');
select is(
    (select count(*) from public.notifications where kind = 'certification_reminder'), 3::bigint,
    'one message a reminder'
);
select * from finish();
rollback;
