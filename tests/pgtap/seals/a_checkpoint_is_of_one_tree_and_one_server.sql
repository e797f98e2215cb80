-- The name of the tree, who may go on with it, what came back from others; and what a sealer refuses to work with.
begin;
select plan(44);
select tests.make_two_organisations();
create function pg_temp.events(kind text) returns setof jsonb
language sql
as $$ select details from public.security_events where event_kind = kind order by occurred_at $$;
create temporary table server as select * from private.server_identity();
select is(
    (select row(system_identifier, timeline) from server),
    (select row(control.system_identifier, checkpoint.timeline_id) from pg_control_system() as control, pg_control_checkpoint() as checkpoint),
    'the server is known by its number and its timeline'
);

-- The name is made once, and not changed any more when checkpoints bear it.
select is(private.seal_origin(), 'peerledger', 'a tree that nobody has named');
select alike((private.begin_checkpoint()).origin, 'peerledger/%', 'is given a name');
select is((private.begin_checkpoint()).origin, private.seal_origin(), 'once');
select is((private.begin_checkpoint('example.org/log')).origin, 'example.org/log', 'or the one that is asked for');
select is(private.seal_origin(), 'example.org/log', 'which it is called by');
select (private.seal_logs()).tree_size;
create temporary table tree as select private.tree_size() as size, root from private.seal_batches order by tree_size desc limit 1;
select is((select signing_timeline from private.seal_state), null, 'nobody has signed');
update private.seal_state set signing_system_identifier = 5;
select private.record_checkpoint(1, E'example.org/log\n1\n' || encode(sha256('x'), 'base64') || E'\n\n— example.org/log ' || encode('\x0102030405', 'base64') || E'\n');
select results_eq(
    'select signing_system_identifier, signing_timeline from private.seal_state', 'select 5::bigint, timeline from server', 'whoever signs first is the one who signs'
);
select is(current_setting('synchronous_commit'), 'on', 'what went out is on disk');
select private.record_checkpoint(1, 'another');
select results_eq('select tree_size, note like ''example%'' from private.seal_checkpoints', 'values (1::bigint, true)', 'one checkpoint for a size');
select is((private.begin_checkpoint('another.org')).origin, 'example.org/log', 'a name that checkpoints bear is not changed');
select results_eq(
    'select origin, tree_size, root, key_id from private.newest_checkpoint()', $$ values ('example.org/log', 1::bigint, encode(sha256('x'), 'hex'), '01020304') $$,
    'as people are told of it'
);
select private.record_checkpoint(2, E'example.org/log\n2\n' || encode(sha256('y'), 'base64') || E'\n');
select results_eq(
    'select tree_size, root, key_id from private.newest_checkpoint()', $$ values (2::bigint, encode(sha256('y'), 'hex'), null::text) $$, 'the newest, which nobody signed'
);
update private.seal_state set signing_system_identifier = 1, signing_timeline = 1000;
select private.record_checkpoint(3, 'three');
select results_eq('select signing_system_identifier, signing_timeline from private.seal_state', 'values (1::bigint, 1000)', 'who signs stays the same');

-- The same tree on another server, and a tree that goes on under another name.
select private.adopt_seals();
select results_eq(
    'select signing_system_identifier, signing_timeline, generation from private.seal_state', 'select system_identifier, timeline, 1 from server', 'adopted'
);
select results_eq(
    'select pg_temp.events(''seal_adopted'')',
    'select jsonb_build_object(''system_identifier'', system_identifier::text, ''timeline'', timeline, ''tree_size'', size) from server, tree', 'which is on record'
);
update private.seal_state set signing_system_identifier = 1, signing_timeline = 1000;
select is(private.restart_seals('restored_from_backup', 17, 'abc'), 'example.org/log/2', 'a new generation has another name');
select results_eq(
    'select signing_system_identifier, signing_timeline, generation from private.seal_state', 'select system_identifier, timeline, 2 from server', 'of this server'
);
select results_eq(
    'select pg_temp.events(''seal_restarted'')',
    $$ select jsonb_build_object('reason', 'restored_from_backup', 'last_size', 17, 'last_root', 'abc', 'tree_size', size, 'origin', 'example.org/log/2') from tree $$,
    'and what was known of the one before is on record'
);
select is(split_part(tests.refusal(format('select private.restart_seals(%L, 1, ''a'')', reason)), ' ', 1), refused, 'a reason: ' || coalesce(reason, 'null'))
from (values (null, '22023'), ('', '22023'), ('Kari was here', '22023'), ('1st', '22023'), ('a' || repeat('b', 39), 'done'), ('a' || repeat('b', 40), '22023')) as given (reason, refused);

-- Receipts, and what an operator is told.
select private.record_receipt(2, 'timestamp', '\x0102', '2026-01-01 12:00+00');
select results_eq('select tree_size, kind, receipt, attested_at from private.seal_receipts', $$ values (2::bigint, 'timestamp', '\x0102'::bytea, timestamptz '2026-01-01 12:00+00') $$, 'what came back is kept');
select is(
    private.seal_status() - array['sealed_at', 'looked_at', 'checkpoint_at', 'unsealed', 'oldest_unsealed_at', 'problems'],
    (
        select jsonb_build_object(
            'size', size, 'root', encode(root, 'hex'), 'origin', private.seal_origin(), 'is_adopting', false, 'checkpoint_size', 3, 'checkpoint_root', '',
            'checkpoint_is_signed', false
        ) from tree
    ), 'where the seals stand'
);
update private.seal_state set adopting_after = '';
select is((private.seal_status() -> 'is_adopting')::boolean, true, 'while they are adopted');
update private.seal_state set adopting_after = null;
create temporary table note as select E'o\n9\n' || encode(sha256('z'), 'base64') || E'\n\n' || chr(8212) || E' o abcd\n' as note;
select private.record_checkpoint(9, note) from note;
select is(
    private.seal_status() -> 'checkpoint_root' || (private.seal_status() -> 'checkpoint_is_signed'), jsonb_build_array(encode(sha256('z'), 'hex'), true), 'a signed one'
);
insert into public.badge_evaluation_logs (peer_mentor_id, org_id, duration_ms, source, recorded_in)
values (tests.id('mentor', 'olga'), tests.id('organisation', 'north'), 1, 'manual', 5);
update private.seal_state set look_from = 6;
select is((select entries from private.seal_backlog()), (private.seal_status() ->> 'unsealed')::bigint, 'what waits is counted');
create temporary table waiting as select entries from private.seal_backlog();
update private.seal_state set look_from = 5;
select is((select backlog.entries - waiting.entries from private.seal_backlog() as backlog, waiting), 1::bigint, 'from the number on that is looked at');

-- A tile only grows.
select is(split_part(tests.refusal(statement), ' ', 1), refused, statement)
from (
    values
    ('update private.seal_tiles set hashes = hashes || sha256(''x'') where level = 0', 'done'), ('update private.seal_tiles set hashes = set_byte(hashes, 3, 1) where level = 0', '42501'),
    ('update private.seal_tiles set hashes = substring(hashes for 32) where level = 0', '42501'), ('update private.seal_tiles set tile = 7', '42501'),
    ('update private.seal_tiles set level = 3', '42501'), ('delete from private.seal_tiles', '42501')
) as deed (statement, refused);

-- A sealer that would not see every entry does not seal.
create function pg_temp.refused_after(statement text) returns text
language plpgsql
as $$
begin
    execute statement;
    perform private.require_readable_logs();
    raise exception using errcode = 'TTTTT';
exception
    when others then
        return sqlstate;
end
$$;
create temporary table policies as
select policy.polname as name from pg_policy as policy
where policy.polrelid = 'public.proxy_audit_log'::regclass and policy.polroles = array['peerledger_owner'::regrole::oid] and policy.polcmd in ('r', '*');
select is(pg_temp.refused_after(format(statement, name)), refused, statement)
from policies
cross join (
    values
    ('select', 'TTTTT'), ('drop policy %I on public.proxy_audit_log', 'PL008'), ('alter policy %I on public.proxy_audit_log using (false)', 'PL008'),
    ('alter policy %I on public.proxy_audit_log to service_role', 'PL008'),
    ('create policy hidden on public.proxy_audit_log as restrictive for select using (true)', 'PL008'),
    ('create policy hidden on public.proxy_audit_log as restrictive for all using (true)', 'PL008'),
    ('create policy hidden on public.proxy_audit_log as restrictive for insert with check (true)', 'TTTTT')
) as deed (statement, refused);
select * from finish();
rollback;
