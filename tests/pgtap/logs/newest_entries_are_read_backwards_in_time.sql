begin;
select plan(9);
select tests.make_two_organisations();

-- Without sorting there is only one way: from the newest on, until the page is full. Whose organisations they are, the policy says.
set local enable_sort = off;
set local enable_seqscan = off;
create function pg_temp.plan_of(query text) returns text
language plpgsql
as $$
declare
    v_line text;
    v_plan text := '';
begin
    for v_line in execute 'explain (costs off) ' || query loop
        v_plan := v_plan || v_line || e'\n';
    end loop;
    return v_plan;
end
$$;
create temporary table paged as
select log.log_name, log.time_column
from private.logs as log
where log.log_name <> 'security_events'
order by log.log_name;
grant select on paged to authenticated;
select is(count(*), 7::bigint, 'the logs that coordinators page through') from paged;

select tests.acts_as('authenticated', tests.id('user', 'nina'));
select unalike(
    pg_temp.plan_of(format('select * from public.%I order by %I desc limit 50', log_name, time_column)),
    '%->  Sort%', log_name
)
from paged;
select alike(
    pg_temp.plan_of(format(
        $$ select * from public.proxy_audit_log where attributed_mentor_id = %L order by "timestamp" desc limit 50 $$,
        tests.id('mentor', 'olga')
    )),
    '%Index Cond: (attributed_mentor_id%', 'the proxy log of one mentor is found by mentor'
);
select finish();
rollback;
