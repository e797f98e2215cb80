begin;
select plan(8);
select tests.make_organisation('north');
select tests.make_listed_mentor(name, 'north') from unnest(array['olga', 'berit', 'kari']) as name;
select public.claim_hlf_sync('w', 10, '1 minute');

-- One entry cannot be written, with a message that quotes a name.
create function pg_temp.explode() returns trigger
language plpgsql
as $$
begin
    if new.mentor_id = tests.id('mentor', 'olga') then
        raise exception 'olga@example.org lives at /home/olga' using errcode = '22012';
    end if;
    return new;
end
$$;
create trigger explode before insert on public.hlf_sync_audit_log for each row execute function pg_temp.explode();

select results_eq(
    $$ select accepted, state from public.complete_hlf_sync(jsonb_build_array(
        tests.sync_result('olga', 204), tests.sync_result('berit', 204), tests.sync_result('kari', 404)
    )) $$,
    $$ values (true, 'synced'), (true, 'synced'), (true, 'dead_lettered') $$, 'the results stand'
);
select bag_eq(
    'select mentor_id from public.hlf_sync_audit_log', array[tests.id('mentor', 'berit'), tests.id('mentor', 'kari')],
    'the other entries are written'
);
select results_eq(
    $$ select severity, message from public.ops_alerts where kind = 'audit_write_failed' $$,
    $$ values ('critical', 'Attempts of the website sync could not be logged: A value could not be used. (22012)') $$,
    'an operator learns of it, in safe words'
);
select is((select count(*) from public.ops_alerts where kind = 'dead_letters'), 1::bigint, 'and of the dead letter');

-- Not even the alert can be written.
create function pg_temp.refuse() returns trigger language plpgsql as
$$ begin raise exception 'no' using errcode = current_setting('tests.error'); end $$;
create trigger refuse before insert on public.hlf_sync_audit_log for each statement execute function pg_temp.refuse();
create trigger refuse before insert on public.ops_alerts for each statement execute function pg_temp.refuse();
set local tests.error = 'P0001';
select public.requeue_hlf_sync(tests.id('mentor', 'berit'));
select is(tests.sync_once('berit', 404), 'dead_lettered', 'the result stands then too');
select is((select count(*) from public.hlf_sync_audit_log), 2::bigint, 'unlogged');

-- Nor is there room for either: the worker is told, and reports again.
set local tests.error = '53100';
select public.requeue_hlf_sync(tests.id('mentor', 'berit'));
select throws_ok($$ select tests.sync_once('berit', 204) $$, '53100', null, 'on a full disk the report is not taken');
drop trigger refuse on public.ops_alerts;
update public.ops_alerts set acknowledged_at = now();
select is(tests.sync_once('berit', 204), 'synced', 'it is as soon as the alert can be written');
select finish();
rollback;
