-- Whoever changes an activity, their own or somebody else's, leaves both records; a change that cannot be recorded is refused.
begin;
select plan(23);
select tests.make_two_organisations();
create temporary view changes as
select change_kind, changed_by, mentor_id, before ->> 'duration_minutes' as minutes_before, after ->> 'duration_minutes' as minutes_after
from public.activity_changes
where activity_id = tests.id('activity', 'olga''s');
grant select on changes to public;
select is_empty('select * from public.activity_changes', 'what is only registered has no change');

create temporary table actors (role_name text, user_name text, position int);
insert into actors
values ('authenticated', 'olga', 1), ('service_role', null, 2), ('peerledger_owner', null, 3), (session_user::text, null, 4);
grant select on actors to public;
select is(
    tests.outcome(
        role_name, tests.id('user', user_name),
        format('update public.activities set duration_minutes = %s where id = %L', 60 + position, tests.id('activity', 'olga''s'))
    ), '1', format('%s may change it', role_name)
) from actors order by position;
select is_empty('select * from changes', 'what was rolled back left nothing');

select tests.acts_as('authenticated', tests.id('user', 'olga'));
update public.activities set duration_minutes = 90 where id = tests.id('activity', 'olga''s');
reset role;
select results_eq(
    'select * from changes',
    $$ values ('changed', tests.id('user', 'olga'), tests.id('mentor', 'olga'), '60', '90') $$,
    'a mentor''s change of their own entry: who, and both records'
);
select results_eq(
    $$ select array_agg(key order by key) from public.activity_changes, jsonb_object_keys(after) as key $$,
    $$ select array_agg(key order by key) from public.proxy_audit_log, jsonb_object_keys(payload_snapshot) as key
       where proxy_activity_id = tests.id('activity', 'nina for olga') $$,
    'with the fields of a proxy''s snapshot'
);
select tests.acts_as('service_role');
update public.activities set voided_at = now() where id = tests.id('activity', 'olga''s');
update public.activities set voided_at = null where id = tests.id('activity', 'olga''s');
update public.activities set duration_minutes = duration_minutes where id = tests.id('activity', 'olga''s');
delete from public.activities where id = tests.id('activity', 'olga''s');
reset role;
select results_eq(
    'select change_kind, minutes_before, minutes_after from changes offset 1',
    $$ values ('voided', '90', '90'), ('restored', '90', '90'), ('deleted', '90', null) $$,
    'voided, restored and deleted; an update that changes nothing is no entry'
);
select is(
    (select count(*) from public.activity_changes where activity_id <> tests.id('activity', 'olga''s')), 0::bigint, 'and of no other'
);
delete from public.activities where mentor_id in (tests.id('mentor', 'olga'), tests.id('mentor', 'berit'));
select is((select count(*) from public.activity_changes where change_kind = 'deleted'), 4::bigint, 'one entry a row of a statement');

select is(
    tests.outcome(role_name, sub, format('update public.activities set id = gen_random_uuid() where id = %L', tests.id('activity', 'sara''s'))),
    '42501', format('%s cannot give it another id', role_name)
)
from (values ('service_role', null::uuid), ('peerledger_owner', null), (session_user::text, null), ('authenticated', tests.id('user', 'sara')))
    as actor (role_name, sub);

alter table public.activity_changes add constraint nothing_fits check (false) not valid;
select is(
    tests.outcome(role_name, sub, format(template, tests.id('activity', 'sara''s'))), '23514', format('%s: %s', role_name, template)
)
from (values ('authenticated', tests.id('user', 'sara')), ('service_role', null)) as actor (role_name, sub)
cross join (values ('update public.activities set duration_minutes = 61 where id = %L')) as work (template);
select throws_ok(
    format('delete from public.activities where id = %L', tests.id('activity', 'sara''s')), '23514',
    'Nothing was saved, because the audit log could not be written. A constraint of the database was violated. (23514)',
    'what cannot be recorded is not deleted'
);
alter table public.activity_changes drop constraint nothing_fits;

select is(
    tests.outcome(role_name, tests.id('user', user_name), 'select from public.activity_changes'), expected, description
)
from (
    values
    ('authenticated', 'nina', '7', 'its coordinators read it'), ('authenticated', 'sven', '0', 'another organisation''s do not'),
    ('authenticated', 'olga', '0', 'nor does the mentor'), ('anon', null, '42501', 'nor anon')
) as reader (role_name, user_name, expected, description);
select is(
    tests.outcome('authenticated', tests.id('user', 'nina'), 'insert into public.activity_changes select * from public.activity_changes'),
    '42501', 'nobody signed in adds to it'
);
select * from finish();
rollback;
