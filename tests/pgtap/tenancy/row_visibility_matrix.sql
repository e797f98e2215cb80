-- Rows seen of each table, by who asks. Every zero stands beside somebody who sees the same rows.
begin;
select tests.make_two_organisations();
insert into public.organisation_settings (organisation_id)
select id from public.organisations;
insert into public.activity_notes (activity_id, organisation_id, body)
select id, organisation_id, 'x' from public.activities;
insert into public.badge_definitions (organisation_id, slug, name, criteria)
select id, 'first', 'First', '{"metric": "activity_count", "at_least": 1000}' from public.organisations;
insert into public.earned_badges (
    organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on
)
select mentor.organisation_id, mentor.id, definition.id, 1, '{}', '2026-01-01'
from public.peer_mentors as mentor
inner join public.badge_definitions as definition on definition.organisation_id = mentor.organisation_id;
insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on)
select organisation_id, id, '2026-01-01', '2027-01-01' from public.peer_mentors;
insert into public.notifications (organisation_id, recipient_mentor_id, kind, dedupe_key)
select organisation_id, id, 'badge_awarded', 'test ' || id from public.peer_mentors;
insert into public.notifications (organisation_id, recipient_user_id, kind, dedupe_key)
select organisation_id, user_id, 'ops_alert', 'test ' || user_id from public.coordinator_assignments;
insert into public.ops_alerts (organisation_id, kind, severity, message, dedupe_key)
select id, 'test', 'info', 'x', 'test ' || id from public.organisations;
insert into public.ops_alerts (kind, severity, message, dedupe_key) values ('test', 'info', 'x', 'test');
insert into public.device_tokens (user_id, token, platform)
select tests.id('user', user_name), 'of-' || user_name, 'ios' from unnest(array['nina', 'olga']) as user_name;
insert into public.job_runs (organisation_id, job, business_date)
select id, 'expiry', '2026-01-01' from public.organisations;
insert into public.job_runs (job, business_date) values ('partitions', '2026-01-01');

insert into public.proxy_disputes (organisation_id, activity_id, mentor_id, reason_code)
select organisation_id, id, mentor_id, 'not_me' from public.activities where coordinator_id is not null;
insert into public.activities (id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes)
select tests.id('activity', 'sven for sara'), organisation_id, id, tests.id('user', 'sven'), 'walk', '2026-01-20', 30
from public.peer_mentors where id = tests.id('mentor', 'sara');
insert into public.proxy_disputes (organisation_id, activity_id, mentor_id, reason_code)
select organisation_id, id, mentor_id, 'other' from public.activities where id = tests.id('activity', 'sven for sara');
-- That somebody was spoken for is told; these messages are counted where they belong.
delete from public.notifications where kind = 'proxy_registered';

select public.close_grant_year(id, 2025), public.set_grant_rule(id, 'peer_course', '2026-01-01', '{kurs}')
from public.organisations;

create temporary table expected (
    table_name text, nina int, oskar int, sven int, olga int, sara int, stranger int, service int
);
insert into expected values
('organisations', 1, 1, 1, 1, 1, 0, 2),
('organisation_settings', 1, 1, 1, 1, 1, 0, 2),
('chapters', 2, 2, 0, 2, 0, 0, 2),
('coordinator_assignments', 2, 2, 1, 0, 0, 0, 3),
('peer_mentors', 2, 2, 1, 1, 1, 0, 3),
('activities', 4, 4, 2, 2, 2, 0, 6),
('grant_rules', 5, 5, 5, 5, 5, 4, 6),
('grant_years', 1, 1, 1, 0, 0, 0, 2),
('proxy_disputes', 2, 2, 1, 1, 1, 0, 3),
('activity_notes', 4, 4, 1, 2, 1, 0, 5),
('badge_definitions', 1, 1, 1, 1, 1, 0, 2),
('earned_badges', 2, 2, 1, 1, 1, 0, 3),
('certifications', 2, 2, 1, 1, 1, 0, 3),
('notifications', 4, 4, 2, 1, 1, 0, 6),
('ops_alerts', 1, 1, 1, 0, 0, 0, 3),
('device_tokens', 1, 0, 0, 1, 0, 0, 2),
('job_runs', 1, 1, 1, 0, 0, 0, 3);

select plan(7 * (select count(*)::int from expected));
select is(
    tests.outcome(
        case actor.user_name when 'service' then 'service_role' else 'authenticated' end,
        case when actor.user_name <> 'service' then tests.id('user', actor.user_name) end,
        format('table public.%I', expected.table_name)
    ),
    actor.row_count::text, format('%s sees %s of %s', actor.user_name, actor.row_count, expected.table_name)
)
from expected
cross join lateral (
    values
    ('nina', nina), ('oskar', oskar), ('sven', sven), ('olga', olga), ('sara', sara), ('stranger', stranger), ('service', service)
) as actor (user_name, row_count);
select * from finish();
rollback;
