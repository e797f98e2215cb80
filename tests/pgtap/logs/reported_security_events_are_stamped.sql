begin;
select plan(2);
-- In this month's partition: one for another month would not get as far.
create temporary table claimed as select date_trunc('month', now(), 'UTC') as occurred_at;
grant select on claimed to public;
select tests.acts_as('service_role');
insert into public.security_events (event_kind, occurred_at, client_address)
select 'reported', occurred_at, '192.0.2.1' from claimed;
reset role;
select ok(
    event.occurred_at <> claimed.occurred_at and event.occurred_at >= now(), 'when it was is not for the reporter to say'
)
from public.security_events as event, claimed where event.event_kind = 'reported';
select is(client_address, inet_client_addr(), 'nor from where')
from public.security_events where event_kind = 'reported';
select finish();
rollback;
