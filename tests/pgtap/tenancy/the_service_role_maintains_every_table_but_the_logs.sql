-- Its rights are exact, and enough: also for what CHECKs and triggers call on its behalf.
begin;
select plan(14);
select tests.make_two_organisations();
select is(
    tests.outcome('service_role', null, work.statement), work.outcome, 'service_role: ' || work.statement
)
from (
    select format(template, tests.id('organisation', 'north'), tests.id('mentor', 'olga')), outcome
    from (
        values
        ('insert into public.organisations (slug, name, time_zone) values (''new'', ''New'', ''Europe/Oslo'')', '1'),
        ('insert into public.organisations (slug, name, time_zone) values (''new'', ''New'', ''Europe/Nowhere'')', '23514'),
        ('insert into public.organisation_settings (organisation_id) values (%1$L)', '1'),
        ('insert into public.organisation_settings values (%1$L, ''{0}'')', '23514'),
        ('insert into public.chapters (organisation_id, name) values (%1$L, ''new'')', '1'),
        ('insert into public.coordinator_assignments (organisation_id, user_id) values (%1$L, %1$L)', '1'),
        ('insert into public.peer_mentors (organisation_id, display_name) values (%1$L, ''New'')', '1'),
        (
            'insert into public.badge_definitions (organisation_id, slug, name, criteria) '
            'values (%1$L, ''new'', ''New'', ''{"metric": "activity_count", "at_least": 1}'')', '1'
        ),
        (
            'insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes) '
            'values (%1$L, %2$L, ''walk'', ''2026-02-01'', 30)', '1'
        ),
        (
            'insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on) '
            'values (%1$L, %2$L, ''2026-01-01'', ''2027-01-01'')', '1'
        ),
        (
            'insert into public.ops_alerts (kind, severity, message, dedupe_key) '
            'values (''test'', ''info'', ''x'', ''test'')', '1'
        ),
        ('update public.organisations set name = ''New''', '2'),
        ('delete from public.peer_mentors', '42501'),
        ('delete from public.organisations', '42501')
    ) as work (template, outcome)
) as work (statement, outcome);
select * from finish();
rollback;
