-- Also not a superuser by an ordinary INSERT.
begin;
select plan(5);
select is(
    tests.outcome(actor, null, 'insert into public.security_events (event_kind) values (''log_change_refused'')'),
    expected, actor || ' and what the guards record'
)
from (
    values ('service_role', '42501'), ('authenticated', '42501'), (session_user::text, '42501'), ('peerledger_owner', '1')
) as actors (actor, expected);
select tests.acts_as('service_role');
insert into public.security_events (event_kind, session_role, acting_role) values ('reported', 'somebody', 'else');
reset role;
select results_eq(
    $$ select session_role, acting_role from public.security_events where event_kind = 'reported' $$,
    $$ select session_user::text collate "default", 'service_role'::text $$,
    'a report carries the name of who makes it'
);
select * from finish();
rollback;
