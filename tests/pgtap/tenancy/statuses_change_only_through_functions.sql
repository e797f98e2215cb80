begin;
select plan(13);
select tests.make_two_organisations();
insert into public.peer_mentors (id, organisation_id, display_name)
values (tests.id('mentor', 'free'), tests.id('organisation', 'north'), 'free');
select is(
    tests.outcome(actor.role_name, tests.id('user', actor.user_name), 'update public.peer_mentors set ' || actor.change),
    actor.outcome, format('%s, %s: %s', actor.role_name, actor.user_name, actor.change)
)
from (
    values
    ('service_role', null, 'status = ''paused''', '42501'),
    ('service_role', null, 'status_changed_at = now() - interval ''1 day''', '42501'),
    ('service_role', null, 'display_name = ''New''', '4'),
    ('service_role', null, 'chapter_id = null', '4'),
    ('service_role', null, 'user_id = null, email = ''x@example.no'', phone = ''22222222''', '4'),
    ('service_role', null, 'dynamics_contact_id = gen_random_uuid()', '4'),
    ('service_role', null, 'organisation_id = tests.id(''organisation'', ''south'') where id = tests.id(''mentor'', ''free'')', '1'),
    ('service_role', null, 'merged_into = id', '42501'),
    ('service_role', null, 'created_at = now() - interval ''1 year''', '42501'),
    ('service_role', null, 'status_reason = ''because''', '42501'),
    ('authenticated', 'nina', 'status = ''paused''', '42501'),
    ('authenticated', 'olga', 'status = ''paused''', '42501'),
    ('authenticated', 'olga', 'display_name = ''New''', '42501')
) as actor (role_name, user_name, change, outcome);
select * from finish();
rollback;
