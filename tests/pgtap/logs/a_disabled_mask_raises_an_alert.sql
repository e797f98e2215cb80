begin;
select plan(5);
select is_empty($$ select from private.log_guards() where problem <> '' $$, 'all guards are in place');
select private.watch_logs();

alter table public.badge_evaluation_logs disable trigger _310_require_plain_json;
alter table public.hlf_sync_audit_log disable trigger _300_mask_texts;
select results_eq(
    $$ select distinct log_name, problem from private.log_guards() where problem <> '' order by 1 $$,
    $$
    values
    ('badge_evaluation_logs', 'missing or not always on: _310_require_plain_json'),
    ('hlf_sync_audit_log', 'missing or not always on: _300_mask_texts')
    $$,
    'a switched-off mask is a problem, on the log and on its partitions'
);

drop trigger _300_mask_texts on public.security_events;
select tests.acts_as('peerledger_owner');
select private.watch_logs();
reset role;
select set_eq(
    $$ select table_name from public.security_events where event_kind = 'log_guards_changed' $$,
    array['badge_evaluation_logs', 'hlf_sync_audit_log', 'security_events'],
    'all three changes are on record'
);
select set_eq(
    $$ select dedupe_key from public.ops_alerts where kind = 'log_guards_missing' $$,
    array['log_guards_missing:badge_evaluation_logs', 'log_guards_missing:hlf_sync_audit_log'],
    'and an alert tells of those that are off'
);

alter table public.ops_alerts add constraint nothing_fits check (false) not valid;
alter table public.proxy_audit_log disable trigger _310_require_plain_json;
select throws_ok(
    'select private.watch_logs()', '23514', null, 'who cannot tell has not looked: the next upkeep finds it again'
);
select * from finish();
rollback;
