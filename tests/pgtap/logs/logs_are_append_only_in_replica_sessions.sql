-- session_replication_role = replica switches off ordinary triggers: those of the logs are ALWAYS.
begin;
-- Without the loopback: hundreds of attempts, and what is asked here is whether they are refused.
drop extension if exists dblink;
create temporary table attempts as
select format(statement.template, log.log_table, log.time_column) as statement
from tests.log_tables as log
cross join (values ('update %1$s set %2$I = %2$I'), ('delete from %1$s'), ('truncate %1$s')) as statement (template);

create table tests.ordinary (id int);
insert into tests.ordinary values (1);
create function tests.refuse() returns trigger language plpgsql
as $$ begin raise exception using errcode = '42501'; end $$;
create trigger refuse before delete on tests.ordinary for each statement execute function tests.refuse();

select plan((select count(*)::int from attempts) + 2);
select is(
    tests.outcome(session_user::text, null, 'delete from tests.ordinary'), '42501', 'an ordinary trigger fires'
);
set local session_replication_role = replica;
select is(
    tests.outcome(session_user::text, null, 'delete from tests.ordinary'), '1', 'it does not in a replica session'
);
select is(tests.outcome(session_user::text, null, attempts.statement), '42501', 'refused: ' || attempts.statement)
from attempts;
select * from finish();
rollback;
