-- One entry goes by order of a court: its leaf stays, the order is on record, and neither the seals nor completeness miss it.
begin;
select plan(25);
select tests.make_two_organisations();
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values (tests.id('badge', 'one'), tests.id('organisation', 'north'), 'one', 'One', '{"metric": "activity_count", "at_least": 3}');
select tests.make_activity('awarded', 'olga'), tests.make_certificate('sara', current_date - 1);
update public.activities set duration_minutes = 50 where id = tests.id('activity', 'berit''s');
update public.activities set duration_minutes = 40 where id = tests.id('activity', 'awarded');
select tests.set_status('berit', 'paused');
select run_id from public.run_certification_expiry(run_id => tests.id('run', 'one'));
select tests.make_activity('of one row', 'berit');
create temporary table entries as
select 'evaluation' as name, 'badge_evaluation_logs' as log_name, id from public.badge_evaluation_logs where tests.id('activity', 'awarded') = any (activity_ids) and source = 'activity_insert'
union all
select 'single', 'badge_evaluation_logs', id from public.badge_evaluation_logs where activity_ids = array[tests.id('activity', 'of one row')]
union all
select 'change', 'activity_changes', id from public.activity_changes where activity_id = tests.id('activity', 'berit''s')
union all
select 'proxy', 'proxy_audit_log', id from public.proxy_audit_log where proxy_activity_id = tests.id('activity', 'nina for olga')
union all
select 'paused', 'mentor_status_changes', id from public.mentor_status_changes where mentor_id = tests.id('mentor', 'berit')
union all
select 'expired', 'mentor_status_changes', id from public.mentor_status_changes where mentor_id = tests.id('mentor', 'sara')
union all
select 'transitioned', 'certification_expiry_audit_log', id from public.certification_expiry_audit_log
union all
select 'assignment', 'administrative_changes', id from public.administrative_changes where subject_kind = 'coordinator_assignment' and details ->> 'user_id' = tests.id('user', 'nina')::text
union all
select 'event', 'security_events', id from public.security_events where event_kind = 'completeness_began';
select is((select count(*) from entries), 9::bigint, 'entries of each log that holds facts');
create function pg_temp.erase(name text, case_reference text default 'A-1') returns text
language sql
as $$ select format('select private.erase_log_entry(%L, %L, %L)', log_name, id, erase.case_reference) from entries where entries.name = erase.name $$;
select is(split_part(tests.refusal(pg_temp.erase('proxy')), ' ', 1), 'PL007', 'what is not sealed is not erased');
do $$ begin while (private.seal_logs()).tree_size is not null loop null; end loop; end $$;

select is(tests.refusal(format('select private.erase_log_entry(%L, %L, %L)', log_name, id, reference)), refused, format('%s of %s by order %s', id, log_name, reference))
from (
    select log_name, id, reference, refused
    from entries
    cross join (values ('', '22023 case_reference'), ('Kari Nordmann', '22023 case_reference'), (null, '22023 case_reference')) as given (reference, refused)
    where name = 'proxy'
    union all
    select 'no_log', gen_random_uuid(), 'A-1', 'PT404 '
    union all
    select 'proxy_audit_log', tests.id('entry', 'nothing'), 'A-1', 'PT404 '
) as attempt;
select is(split_part(tests.refusal(pg_temp.erase('event')), ' ', 1), '42501', 'what explains others stays');
savepoint held;
select public.set_legal_hold(tests.id('organisation', 'north'), 'A-2');
select is(split_part(tests.refusal(pg_temp.erase('proxy')), ' ', 1), 'PL005', 'what is held is not erased');
select public.lift_legal_hold(id) from public.legal_holds;
select public.set_legal_hold(tests.id('organisation', 'south'), 'A-2');
select is(tests.refusal(pg_temp.erase('proxy')), 'done', 'but what was held once, or of others is');
rollback to savepoint held;

create temporary table before as select private.tree_size() as size;
create function pg_temp.erased(name text) returns jsonb
language plpgsql
as $$
declare
    v_details jsonb;
begin
    execute pg_temp.erase(erased.name);
    select event.details into v_details from public.security_events as event where event.event_kind = 'entry_erased' order by event.occurred_at desc limit 1;
    return v_details;
end
$$;
create temporary table orders as
select entries.name, sealed.leaf_index, entries.log_name, entries.id, pg_temp.erased(entries.name) as details
from entries
inner join private.sealed_entries as sealed on sealed.entry_id = entries.id
where name <> 'event';
select is((select count(*) from orders), 8::bigint, 'each of the others is erased');
select is(
    (
        select array_agg(name order by name) from orders
        where details - array['leaf', 'subject_ids', 'object'] = jsonb_build_object('log', log_name, 'leaf_index', leaf_index, 'case_reference', 'A-1')
    ), array['assignment', 'change', 'evaluation', 'expired', 'paused', 'proxy', 'single', 'transitioned'], 'the order names log, place and case'
);
select is_empty(
    $$
        select name from orders inner join private.seal_tiles as tile on tile.level = 0 and tile.tile = leaf_index / 256
        where encode(substring(tile.hashes from (leaf_index % 256)::int * 32 + 1 for 32), 'hex') is distinct from details ->> 'leaf'
    $$, 'and the leaf, which stays'
);
select set_eq(
    $$ select name, jsonb_array_elements_text(details -> 'subject_ids')::uuid from orders $$,
    $$ values
    ('evaluation', tests.id('activity', 'awarded')), ('evaluation', tests.id('badge', 'one')), ('evaluation', tests.id('mentor', 'olga')),
    ('single', tests.id('activity', 'of one row')), ('single', tests.id('mentor', 'berit')), ('single', tests.id('badge', 'one')), ('change', tests.id('activity', 'berit''s')),
    ('change', tests.id('mentor', 'berit')), ('proxy', tests.id('activity', 'nina for olga')), ('paused', tests.id('mentor', 'berit')),
    ('expired', tests.id('mentor', 'sara')), ('expired', tests.id('run', 'one')), ('transitioned', tests.id('run', 'one')),
    ('transitioned', tests.id('mentor', 'sara')),
    ('assignment', (select id from public.coordinator_assignments where user_id = tests.id('user', 'nina'))) $$,
    'and all that the entry spoke of'
);
select is_empty('select * from private.find_incomplete_logs()', 'completeness misses none of them');
select isnt_empty($$ select from private.log_gaps('-infinity') where hole = 'erased' $$, 'but knows that they are gone');
select is_empty('select problem, log_name, leaf_index from private.verify_seal() where problem <> ''missing''', 'nothing was changed');
select is(
    (select count(*) from private.verify_seal() where problem = 'missing'), 8::bigint, 'until the orders are sealed, the entries are missing'
);
insert into private.sealed_entries (leaf_index, entry_time, entry_id, log_code)
select private.tree_size() + row_number() over (), event.occurred_at, event.id, code.log_code
from public.security_events as event, private.seal_codes as code
where event.event_kind = 'entry_erased' and code.log_name = 'security_events';
select is_empty('select * from private.verify_seal()', 'then they are erased');
select is((select count(*) from private.seal_erased()), 8::bigint, 'all of them');
select is_empty($$ select from private.log_guards() where problem <> '' $$, 'the guards of the logs are in place');
select is(
    tests.outcome(role, null, format('delete from public.%I', log_name)), '42501', format('%s erases nothing of %s', role, log_name)
)
from (values ('service_role', 'badge_evaluation_logs'), ('peerledger_owner', 'badge_evaluation_logs'), (session_user::text, 'badge_evaluation_logs'), (session_user::text, 'proxy_audit_log')) as actor (role, log_name);
select * from finish();
rollback;
