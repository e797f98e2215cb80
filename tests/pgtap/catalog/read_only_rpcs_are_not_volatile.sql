-- The REST API answers GET, and reads from a read-only transaction, only where a function is not volatile.
begin;
select plan(2);
select bag_eq(
    $$
    select routine.proname::text
    from pg_proc as routine
    where
        routine.pronamespace = 'public'::regnamespace
        and routine.proowner = 'peerledger_owner'::regrole
        and routine.proname ~ '^(get|list|find|preview|explain|simulate|check)_'
        and routine.provolatile = 'v'
        -- What they try leaves nothing behind, but it does write.
        and routine.proname not in ('check_proxy_activities', 'preview_badge')
    $$,
    array[]::text[], 'what is read with a function can be read with GET'
);
select isnt_empty(
    $$
    select from pg_proc
    where pronamespace = 'public'::regnamespace and proname ~ '^get_' and provolatile = 's'
    $$, 'and there are such functions'
);
select finish();
rollback;
