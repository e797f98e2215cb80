-- A pocket proof, what a month held of each organisation, and what an auditor of one is handed.
begin;
select plan(42);
select tests.make_two_organisations();
select tests.switch_triggers_off();
delete from public.security_events;
delete from public.badge_evaluation_logs;
delete from public.proxy_audit_log;
delete from public.activity_changes;
delete from public.administrative_changes;
delete from public.mentor_status_changes;
-- Three of March 2024 of two organisations, one of the last and one of the first instant beside it; and an organisation that came later.
update public.organisations set created_at = '2024-01-01';
select tests.make_organisation('later'), tests.make_organisation('just-before');
update public.organisations set created_at = case slug when 'later' then timestamptz '2024-04-01 00:00+00' else timestamptz '2024-03-31 23:59+00' end
where slug in ('later', 'just-before');
insert into public.badge_evaluation_logs (id, peer_mentor_id, org_id, triggered_at, duration_ms, source, recorded_in)
select tests.id('entry', name), tests.id('mentor', 'olga'), tests.id('organisation', organisation), at::timestamptz, 1, 'manual', 5
from (
    values
    ('before', 'north', '2024-02-29 23:59:59.999999+00'), ('first', 'north', '2024-03-01 00:00+00'), ('second', 'south', '2024-03-05 12:00+00'),
    ('third', 'north', '2024-03-31 23:59:59.999999+00'), ('after', 'north', '2024-04-01 00:00+00')
) as given (name, organisation, at);
select (private.seal_logs()).tree_size;
create temporary table sealed as
select entry.leaf_index, substring(tile.hashes from (entry.leaf_index * 32 + 1)::int for 32) as leaf, known.name
from private.sealed_entries as entry
inner join private.seal_tiles as tile on tile.level = 0 and tile.tile = 0
left join unnest(array['before', 'first', 'second', 'third', 'after']) as known (name) on tests.id('entry', known.name) = entry.entry_id;
create function pg_temp.leaf(wanted text) returns bytea language sql as $$ select leaf from sealed where name = wanted $$;
create function pg_temp.place(wanted text) returns bigint language sql as $$ select leaf_index from sealed where name = wanted $$;
create function pg_temp.line(wanted text) returns text
language plpgsql
as $$
declare
    v_line text;
begin
    execute format(
        'select %s from public.badge_evaluation_logs as entry where id = %L', private.entry_line_sql('badge_evaluation_logs', 'entry'), tests.id('entry', wanted)
    ) into v_line;
    return v_line;
end
$$;
set local timezone = 'UTC';

-- A pocket proof.
create function pg_temp.proof(wanted text, size bigint default null, seen bigint[] default '{}') returns jsonb
language sql
as $$ select private.pocket_proof('badge_evaluation_logs', tests.id('entry', wanted), size, seen) $$;
create function pg_temp.base64(hashes bytea[]) returns jsonb
language sql
as $$ select coalesce(jsonb_agg(encode(hash, 'base64') order by number), '[]') from unnest(hashes) with ordinality as step (hash, number) $$;
update private.seal_state set origin = 'example.org/log';
select is(
    pg_temp.proof('second'),
    jsonb_build_object(
        'format', 'peerledger-proof/1', 'log', 'badge_evaluation_logs', 'line', pg_temp.line('second'), 'index', pg_temp.place('second'),
        'inclusion', pg_temp.base64(private.inclusion_proof(pg_temp.place('second'), private.tree_size())),
        'checkpoint', private.checkpoint_text(private.tree_size()) || E'\n', 'consistency', '[]'::jsonb
    ), 'a proof in the newest tree, where nobody has signed one'
);
select is(
    private.leaf_hash(pg_temp.proof('second') ->> 'log', pg_temp.proof('second') ->> 'line'), pg_temp.leaf('second'), 'whose line is what was hashed'
);
insert into private.seal_checkpoints (tree_size, note) values (4, 'four'), (5, 'five');
insert into private.seal_receipts (tree_size, kind, receipt, received_at)
values
(5, 'timestamp', '\x0102', now()), (5, 'timestamp', '\x03', now() - interval '1 minute'), (4, 'timestamp', '\x04', now()),
(5, 'witness', convert_to(E'one\n\ntwo\n', 'UTF8'), now() - interval '1 minute'), (5, 'witness', convert_to('three', 'UTF8'), now()),
(5, 'webhook', '\x05', now()), (4, 'witness', 'four', now());
select is(
    pg_temp.proof('second') - array['format', 'log', 'line', 'index'],
    jsonb_build_object(
        'inclusion', pg_temp.base64(private.inclusion_proof(pg_temp.place('second'), 5)), 'checkpoint', 'five', 'consistency', '[]'::jsonb,
        'timestamp', jsonb_build_object('token', encode('\x03', 'base64')), 'cosignatures', '["one", "two", "three"]'::jsonb
    ), 'in the newest checkpoint, with the first time stamp and every cosignature'
);
select is(
    pg_temp.proof('first', 4) - array['format', 'log', 'line', 'index'],
    jsonb_build_object(
        'inclusion', pg_temp.base64(private.inclusion_proof(pg_temp.place('first'), 4)), 'checkpoint', 'four', 'consistency', '[]'::jsonb,
        'timestamp', jsonb_build_object('token', encode('\x04', 'base64')), 'cosignatures', '["four"]'::jsonb
    ), 'or in one that is asked for'
);
select is(
    pg_temp.proof('first', 4, '{2,5,2,4,1}') -> 'consistency',
    (
        select jsonb_agg(jsonb_build_object('from', old_size, 'to', new_size, 'hashes', pg_temp.base64(private.consistency_proof(old_size, new_size))) order by old_size)
        from (values (1, 4), (2, 4), (4, 5)) as link (old_size, new_size)
    ), 'linked to each size that somebody has seen, older or newer'
);
select is(split_part(tests.refusal(question), ' ', 1), refused, question)
from (
    values
    ('select private.pocket_proof(''no_log'', gen_random_uuid())', 'PT404'), ('select private.pocket_proof(''proxy_audit_log'', tests.id(''entry'', ''first''))', 'PT404'),
    ('select pg_temp.proof(''nothing'')', 'PT404'), (format('select pg_temp.proof(''first'', %s)', pg_temp.place('first')), 'PL007'),
    (format('select pg_temp.proof(''first'', %s)', pg_temp.place('first') + 1), 'done')
) as given (question, refused);
savepoint spoilt;
update public.badge_evaluation_logs set duration_ms = 2;
select is(tests.refusal('select pg_temp.proof(''first'')'), 'PL008 ', 'an entry that was changed has no proof');
update public.badge_evaluation_logs set duration_ms = 1;
delete from private.sealed_entries where entry_id = tests.id('entry', 'first');
select is(split_part(tests.refusal('select pg_temp.proof(''first'')'), ' ', 1), 'PL007', 'nor one without a place');
rollback to savepoint spoilt;

select is(
    tests.outcome(role, tests.id('user', user_name), format('select public.get_entry_proof(%L, %L)', log_name, tests.id('entry', 'first'))), outcome,
    format('%s of %s: %s', coalesce(user_name, role), log_name, outcome)
)
from (
    values
    ('authenticated', 'nina', 'badge_evaluation_logs', '1'), ('service_role', null, 'badge_evaluation_logs', '1'),
    ('authenticated', 'sven', 'badge_evaluation_logs', 'PT404'), ('authenticated', 'olga', 'badge_evaluation_logs', 'PT404'),
    ('authenticated', 'nina', 'proxy_audit_log', 'PT404'), ('authenticated', 'nina', 'no_log', 'PT404'), ('service_role', null, 'pg_class', 'PT404'),
    ('anon', null, 'badge_evaluation_logs', '42501')
) as reader (role, user_name, log_name, outcome);
select is(
    public.get_entry_proof('badge_evaluation_logs', tests.id('entry', 'first')), pg_temp.proof('first'), 'it is the same proof'
);

-- The statement of a month.
create function pg_temp.statement(month date default '2024-03-15', log_name text default 'badge_evaluation_logs')
returns table (organisation text, entries bigint, first_leaf bigint, last_leaf bigint, root bytea)
language sql
as $$
    select organisation.slug, said.entries, said.first_leaf, said.last_leaf, said.root
    from private.month_statement(statement.log_name, statement.month) as said
    inner join public.organisations as organisation on organisation.id = said.organisation_id
$$;
select set_eq(
    'select * from pg_temp.statement()',
    $$ values
    ('north', 2::bigint, pg_temp.place('first'), pg_temp.place('third'), private.list_root(pg_temp.leaf('first') || pg_temp.leaf('third'))),
    ('south', 1, pg_temp.place('second'), pg_temp.place('second'), pg_temp.leaf('second')), ('just-before', 0, null, null, sha256('')) $$,
    'of each organisation that was there, what it has of the month, or nothing'
);
select set_eq(
    'select organisation, entries from pg_temp.statement(''2024-03-01'', ''proxy_audit_log'')',
    $$ values ('north', 0::bigint), ('south', 0), ('just-before', 0) $$, 'of another log nothing'
);
select is(tests.refusal('select private.month_statement(''no_log'', ''2024-03-01'')'), 'PT404 ', 'there is no such log');
select results_eq(
    format('select leaf_index, leaf, line, is_erased from private.evidence_entries(%L, ''badge_evaluation_logs'', ''2024-03-20'', %s)', tests.id('organisation', 'north'), size),
    $$ select pg_temp.place(name), pg_temp.leaf(name), pg_temp.line(name), false from unnest(array['first', 'third']) with ordinality as given (name, position)
       where pg_temp.place(name) < $$ || size || ' order by position', 'what an auditor is handed in a tree of ' || size
)
from unnest(array[100, pg_temp.place('third')]) as size;
select throws_ok(
    format('select private.evidence_entries(%L, ''no_log'', ''2024-03-20'', 100)', tests.id('organisation', 'north')), 'P0002', null, 'of no such log'
);

-- An entry that was erased is told by its leaf.
savepoint erased;
insert into public.security_events (event_kind, table_name, organisation_id, session_role, details, recorded_in)
values (
    'entry_erased', 'badge_evaluation_logs', tests.id('organisation', 'north'), 'x', jsonb_build_object('leaf_index', pg_temp.place('first')), 6
), (
    'seal_form_added', 'badge_evaluation_logs', tests.id('organisation', 'south'), 'x', jsonb_build_object('leaf_index', pg_temp.place('third')), 6
);
delete from public.badge_evaluation_logs where id in (tests.id('entry', 'first'), tests.id('entry', 'third'));
select results_eq(
    format('select leaf_index, leaf, line, is_erased from private.evidence_entries(%L, ''badge_evaluation_logs'', ''2024-03-20'', 100)', tests.id('organisation', 'north')),
    $$ values (pg_temp.place('first'), pg_temp.leaf('first'), null::text, true) $$, 'an erased entry is handed over as its leaf, a missing one is not'
);
select is(
    (select root from pg_temp.statement() where organisation = 'north'), pg_temp.leaf('first'), 'and is in the statement still'
);
rollback to savepoint erased;

-- Counting: once a month is over for two days, and again when something is added to it.
create function pg_temp.counted() returns table (log text, organisation text, entries int, root text, instead_of boolean, first_leaf bigint, last_leaf bigint)
language sql
as $$
    select
        event.details ->> 'log', organisation.slug, (event.details ->> 'entries')::int, event.details ->> 'root', event.details ? 'instead_of',
        (event.details ->> 'first_leaf')::bigint, (event.details ->> 'last_leaf')::bigint
    from public.security_events as event
    inner join public.organisations as organisation on organisation.id = event.organisation_id
    where event.event_kind = 'log_month_counted' and event.details ->> 'month' = '2024-03-01' and event.table_name = event.details ->> 'log'
    order by event.occurred_at, organisation.slug
$$;
select is(private.count_log_months(1), 1, 'one month at a time');
select is_empty('select * from pg_temp.counted()', 'the oldest first');
select is(private.count_log_months(1), 1, 'then March');
select set_eq(
    'select * from pg_temp.counted()',
    $$ values
    ('badge_evaluation_logs', 'north', 2, encode(private.list_root(pg_temp.leaf('first') || pg_temp.leaf('third')), 'hex'), false, pg_temp.place('first'), pg_temp.place('third')),
    ('badge_evaluation_logs', 'south', 1, encode(pg_temp.leaf('second'), 'hex'), false, pg_temp.place('second'), pg_temp.place('second')),
    ('badge_evaluation_logs', 'just-before', 0, encode(sha256(''), 'hex'), false, null, null) $$, 'a statement for each organisation'
);
select is(private.count_log_months(), 1, 'then April');
select is(private.count_log_months(), 0, 'and no more');
-- One comes late, of South.
insert into public.badge_evaluation_logs (id, peer_mentor_id, org_id, triggered_at, duration_ms, source, recorded_in)
values (tests.id('entry', 'late'), tests.id('mentor', 'sara'), tests.id('organisation', 'south'), '2024-03-09', 1, 'manual', 7);
update private.seal_state set look_from = 1, adopting_after = null;
select (private.seal_logs()).tree_size;
create temporary table statements as select id from public.security_events where event_kind = 'log_month_counted';
select is(private.count_log_months(), 1, 'one that comes late has March counted again');
select results_eq(
    $$
        select organisation_id, (details ->> 'entries')::int, details ->> 'instead_of' from public.security_events
        where event_kind = 'log_month_counted' and id not in (select id from statements)
    $$,
    $$
        select tests.id('organisation', 'south'), 2, id::text from public.security_events
        where event_kind = 'log_month_counted' and id in (select id from statements) and organisation_id = tests.id('organisation', 'south')
            and details ->> 'month' = '2024-03-01'
    $$, 'of the one whom it concerns, instead of the statement before'
);
select is(private.count_log_months(), 0, 'and that is that');
-- A month that is not over for two days, and one that is archived, are not counted.
delete from private.counted_months;
select tests.make_archived('badge_evaluation_logs', '2024-03-01'), tests.make_archived('badge_evaluation_logs', '2024-04-01');
delete from private.sealed_entries where log_code <> 1;
insert into private.sealed_entries (leaf_index, entry_time, entry_id, log_code)
select 900, event.occurred_at, event.id, code.log_code
from public.security_events as event, private.seal_codes as code
where event.event_kind = 'log_archived' and event.details ->> 'month' = '2024-03-01' and code.log_name = 'security_events';
select is(private.count_log_months(), 2, 'the statements of an archived month are those that were made');
select set_eq('select month from private.counted_months', array['2024-02-01', '2024-04-01']::date[], 'the others are counted');
delete from private.counted_months;
delete from private.sealed_entries;
insert into private.sealed_entries (leaf_index, entry_time, entry_id, log_code)
select number, date_trunc('month', now() at time zone 'utc' - age) at time zone 'utc', gen_random_uuid(), number
from (values (1, interval '0'), (2, '1 month')) as given (number, age);
select is(
    private.count_log_months(), case when (now() at time zone 'utc') >= date_trunc('month', now() at time zone 'utc') + interval '48 hours' then 1 else 0 end,
    'this month is not over, and the last one is for two days'
);
select is(tests.refusal('select private.count_log_months(0)'), '22023 ', 'at least one month is asked for');
select * from finish();
rollback;
