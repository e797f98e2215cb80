-- An operator is told of what is not sealed, of seals that no checkpoint covers, and of what holds the sealer up; and of none before
-- an hour has gone.
begin;
select plan(13);
select tests.make_two_organisations();
create function pg_temp.problems() returns text[] language sql as $$
    select coalesce(array_agg(regexp_replace(problem.value ->> 'what', '[0-9]{4}-[0-9 :-]+ UTC', 'TIME') order by problem.ordinality), '{}')
    from jsonb_array_elements(private.seal_problems()) with ordinality as problem
$$;
create function pg_temp.look_from() returns bigint language sql as $$
    select pg_snapshot_xmin(pg_current_snapshot())::text::bigint
$$;
-- Whatever the making of the world left in the logs is young.
update private.seal_state set looked_at = null, look_from = 0, look_from_since = now();
select is(pg_temp.problems(), '{}', 'where nobody has looked yet, what is young may wait');

insert into public.badge_evaluation_logs (peer_mentor_id, org_id, badges_evaluated, criteria_outcomes, duration_ms, source, triggered_at)
values (
    tests.id('mentor', 'nils'), tests.id('organisation', 'north'), '[]', '{}', 1, 'manual', date_trunc('minute', now() - interval '61 minutes')
);
select is(
    pg_temp.problems(),
    array[(select (private.seal_status() ->> 'unsealed') || ' log entries are not sealed, the oldest of TIME.')],
    'what has waited for more than an hour is not sealed in time'
);
select is(
    (select entries from private.seal_backlog()), (private.seal_status() ->> 'unsealed')::bigint, 'both count the same entries'
);
select cmp_ok((select entries from private.seal_backlog()), '>', 0::bigint, 'and there are some');
select is(
    (select oldest_at from private.seal_backlog()), date_trunc('minute', now() - interval '61 minutes'), 'the oldest is that one'
);
update private.seal_state set looked_at = now() - interval '59 minutes';
select is(pg_temp.problems(), '{}', 'but not where somebody has looked within the hour: it is being written, or taken next');
update private.seal_state set looked_at = now() - interval '61 minutes';
select is(array_length(pg_temp.problems(), 1), 1, 'who looked longer ago does not look');
update private.seal_state set looked_at = now();

-- One that began later has ended: this one is the oldest.
savepoint later;
update private.seal_state set looked_at = now();
rollback to savepoint later;
update private.seal_state set look_from = pg_temp.look_from(), look_from_since = now() - interval '61 minutes';
select is(
    pg_temp.problems(),
    array['A transaction has been writing, or has been prepared, for more than an hour; each seal reads again what was sealed since.'],
    'a transaction that goes on holds the sealer up'
);
update private.seal_state set look_from = look_from - 1;
select is(pg_temp.problems(), '{}', 'not where the sealer can go on at its next turn');
update private.seal_state set look_from = look_from + 1, look_from_since = now() - interval '59 minutes';
select is(pg_temp.problems(), '{}', 'for an hour it may');

insert into private.seal_batches (tree_size, first_index, root, sealed_at, look_from, forms, rows_by_log)
values
(1000000001, 1000000000, sha256('first'), now() - interval '61 minutes', 0, '{}', '{}'),
(1000000002, 1000000001, sha256('second'), now() - interval '59 minutes', 0, '{}', '{}');
select is(
    pg_temp.problems(), array['The newest checkpoint does not cover what has been sealed since TIME.'],
    'a batch that no checkpoint covers for an hour'
);
select is(
    (select code || ': ' || action from private.status_problems() where code = 'seals_behind'),
    'seals_behind: peerledger seal --once, which says why',
    'status tells of it, with what to do'
);
insert into private.seal_checkpoints (tree_size, note) values (1000000001, 'note');
select is(pg_temp.problems(), '{}', 'what came after the newest checkpoint has an hour of its own');
select * from finish();
rollback;
