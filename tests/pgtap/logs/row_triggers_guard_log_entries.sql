-- A replication worker fires no statement triggers. Seen by taking those away.
begin;
select plan(6);
select tests.make_two_organisations();
select tests.make_log_entry('olga');
create temporary table entries as
select tableoid::regclass as log_table, count(*) as entry_count from public.badge_evaluation_logs group by tableoid;

select is((select count(*) from entries), 1::bigint, 'all entries are in one partition');
do $$
declare
    v_table text := (select log_table::text from entries);
begin
    execute format('alter table %s disable trigger _100_no_update, disable trigger _100_no_delete', v_table);
end
$$;
select is(
    tests.outcome(session_user::text, null, format('update %s set duration_ms = 2', log_table)), '42501',
    'an update of the partition is refused'
) from entries;
select is(
    tests.outcome(session_user::text, null, format('delete from %s', log_table)), '42501',
    'a delete from the partition is refused'
) from entries;
set local session_replication_role = replica;
select is(
    tests.outcome(session_user::text, null, format('update %s set duration_ms = 2', log_table)), '42501',
    'also in a replica session'
) from entries;
set local session_replication_role = origin;
do $$
begin
    execute format('alter table %s disable trigger _200_no_row_change', (select log_table from entries));
end
$$;
select is(
    tests.outcome(session_user::text, null, format('update %s set duration_ms = 2', log_table)), entry_count::text,
    'without the row trigger an update passes'
) from entries;
select is(
    tests.outcome(session_user::text, null, format('delete from %s', log_table)), entry_count::text,
    'without the row trigger a delete passes'
) from entries;
select * from finish();
rollback;
