begin;
select plan(6);
select tests.make_two_organisations();
select is(
    tests.outcome(actor.role_name, tests.id('user', actor.user_name), 'update public.peer_mentors set ' || actor.change),
    actor.outcome, format('%s, %s: %s', actor.role_name, actor.user_name, actor.change)
)
from (
    values
    ('service_role', null, 'status = ''paused''', '42501'),
    ('service_role', null, 'status_changed_at = now() - interval ''1 day''', '42501'),
    ('service_role', null, 'display_name = ''New''', '3'),
    ('authenticated', 'nina', 'status = ''paused''', '42501'),
    ('authenticated', 'olga', 'status = ''paused''', '42501'),
    ('authenticated', 'olga', 'display_name = ''New''', '42501')
) as actor (role_name, user_name, change, outcome);
select * from finish();
rollback;
