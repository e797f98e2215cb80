begin;
select plan(6);
select tests.make_two_organisations();
alter table public.activities disable trigger user;
update public.activities set updated_at = '2026-01-15' where true;
alter table public.activities enable trigger user;
select tests.acts_as('service_role');
delete from public.activities where id in (tests.id('activity', 'nina for olga'), tests.id('activity', 'olga''s'));
reset role;
create function pg_temp.last_of(activity text) returns jsonb language sql as $$
    select to_jsonb(log)
    from public.proxy_audit_log as log
    where log.proxy_activity_id = tests.id('activity', last_of.activity)
    order by log."timestamp" desc
    limit 1
$$;
select is(pg_temp.last_of('nina for olga') ->> 'event_type', 'updated', 'it does not end with created');
select isnt(pg_temp.last_of('nina for olga') #>> '{payload_snapshot,voided_at}', null, 'but as for one that counts no more');
select is(
    pg_temp.last_of('nina for olga') #>> '{payload_snapshot,updated_at}', pg_temp.last_of('nina for olga') #>> '{payload_snapshot,voided_at}',
    'from that moment on'
);
select is(
    (select change_kind from public.activity_changes where activity_id = tests.id('activity', 'nina for olga')), 'deleted',
    'and that it is gone stands beside it'
);
select is(pg_temp.last_of('olga''s'), null, 'the mentor''s own is nobody''s word');
alter table public.proxy_audit_log add constraint nothing_fits check (false) not valid;
select tests.acts_as('service_role');
select throws_ok(
    'delete from public.activities where true', '23514',
    'Nothing was saved, because the audit log could not be written. A constraint of the database was violated. (23514)',
    'what cannot be logged is not deleted'
);
select * from finish();
rollback;
