-- Over every table of the schema, found live; the positive control is the service role.
begin;
create temporary table tables as
select format('%I.%I', schemaname, tablename) as table_name from pg_tables where schemaname = 'public';
select plan(6 * (select count(*)::int from tables));
select is(tests.outcome('anon', null, 'table ' || table_name), '42501', 'anon does not read ' || table_name) from tables;
select is(
    tests.outcome('anon', null, format('insert into %s default values', table_name)), '42501',
    'anon does not insert into ' || table_name
) from tables;
select is(
    tests.outcome('anon', null, format('delete from %s', table_name)), '42501', 'anon does not delete from ' || table_name
) from tables;
select is(
    tests.outcome('anon', null, format('truncate %s', table_name)), '42501', 'anon does not truncate ' || table_name
) from tables;
select is(
    has_any_column_privilege('anon', table_name, 'update') or has_any_column_privilege('anon', table_name, 'select'), false,
    'anon has no column of ' || table_name
) from tables;
select is(
    tests.outcome('service_role', null, 'table ' || table_name) ~ '^\d{1,4}$', true, 'service_role reads ' || table_name
) from tables;
select * from finish();
rollback;
