begin;
select plan(6);
select tests.make_two_organisations();
select is(
    tests.outcome(
        coalesce(role_name, 'authenticated'), tests.id('user', user_name),
        format(
            'select from public.simulate_activities(%L, ''[{"activity_type": "walk", "occurred_on": "2026-01-01", "duration_minutes": 30}]'')',
            tests.id('mentor', 'berit')
        )
    ), outcome, format('%s asks about berit: %s', coalesce(user_name, role_name), outcome)
)
from (
    values
    (null, 'nina', '0'), (null, 'oskar', '0'), (null, 'berit', '0'), (null, 'olga', 'PT404'), (null, 'sven', 'PT404'), ('service_role', null, '0')
) as actor (role_name, user_name, outcome);
select * from finish();
rollback;
