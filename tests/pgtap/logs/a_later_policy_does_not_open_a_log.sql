-- With everything else taken away, the restrictive policies alone must hold.
begin;
select plan(5);
select tests.make_two_organisations();
select tests.make_log_entry('olga');
grant update, delete on public.badge_evaluation_logs to authenticated;
create policy "A careless one" on public.badge_evaluation_logs for all to authenticated using (true) with check (true);
alter table public.badge_evaluation_logs disable trigger user;

create temporary table actors as select tests.id('user', 'nina') as nina;
select is(
    tests.outcome(
        'authenticated', nina, 'update public.badge_evaluation_logs set duration_ms = 2', 'public.badge_evaluation_logs'
    ), '0', 'an update reaches no row'
) from actors;
select is(
    tests.outcome('authenticated', nina, 'delete from public.badge_evaluation_logs', 'public.badge_evaluation_logs'), '0',
    'a delete reaches no row'
) from actors;

drop policy "Nobody changes an entry" on public.badge_evaluation_logs;
drop policy "Nobody removes an entry" on public.badge_evaluation_logs;
select cmp_ok(
    tests.outcome('authenticated', nina, 'update public.badge_evaluation_logs set duration_ms = 2'), '~', '^[1-9]\d*$',
    'without the restrictive policy an update passes'
) from actors;
select cmp_ok(
    tests.outcome('authenticated', nina, 'delete from public.badge_evaluation_logs'), '~', '^[1-9]\d*$',
    'without the restrictive policy a delete passes'
) from actors;
select is_empty(
    $$
    select log.log_name, command.code
    from private.logs as log
    cross join (values ('w'), ('d')) as command (code)
    where (log.log_name, command.code) <> ('badge_evaluation_logs', command.code) and not exists (
        select
        from pg_policy as policy
        where
            policy.polrelid = format('public.%I', log.log_name)::regclass
            and policy.polcmd = command.code::"char"
            and not policy.polpermissive
            and policy.polroles = '{0}'
            and pg_get_expr(policy.polqual, policy.polrelid) = 'false'
    )
    $$,
    'every other log has them too'
);
select * from finish();
rollback;
