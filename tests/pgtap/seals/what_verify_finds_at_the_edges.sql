-- Where everything of a kind is gone, where a form is new, where numbers began again, and where a retention was raised since.
begin;
select plan(33);
select tests.make_two_organisations();
create function pg_temp.fill(from_number int, to_number int) returns void
language sql
as $$
    insert into public.badge_evaluation_logs (id, peer_mentor_id, org_id, duration_ms, source, recorded_in)
    select tests.id('entry', number::text), tests.id('mentor', 'olga'), tests.id('organisation', 'north'), number, 'manual', 5
    from generate_series(from_number, to_number) as number
$$;
select is(tests.refusal('select private.seal_logs(' || entries || ')'), refused, entries || ' entries at most')
from (values (0, '22023 '), (1000001, '22023 ')) as given (entries, refused);
select (private.seal_logs(1000000)).tree_size;
create temporary table first_batch as select * from private.seal_batches;
select pg_temp.fill(1, 5);
update private.seal_state set look_from = 1, look_from_since = '2026-01-01';
create temporary table second_batch as select * from private.seal_logs(1);
select is((select tree_size - first_index from second_batch), 1::bigint, 'one at a time');
update private.seal_state set look_from_since = '2026-01-01';
select (private.seal_logs(1)).tree_size;
select is((select look_from_since from private.seal_state), '2026-01-01'::timestamptz, 'since when it looks from there is kept while it does not get on');
update private.seal_state set look_from = 1;
select (private.seal_logs(1)).tree_size;
select ok((select look_from_since > now() from private.seal_state), 'and is of now when it does');
do $$ begin while (private.seal_logs()).tree_size is not null loop null; end loop; end $$;
select is(
    (private.seal_status() ->> 'size')::bigint, (select max(tree_size) from private.seal_batches), 'the newest batch is where the seals stand'
);

select tests.switch_triggers_off();
create function pg_temp.found_after(statements text, call text default 'verify_seal()') returns text[]
language sql
as $$
    select tests.answers_after(found_after.statements, format(
        'select concat_ws('' '', count(*), problem, log_name, bool_or(entry_id is null)) '
        'from (select regexp_replace(problem, ''[0-9]+'', ''N'', ''g'') as problem, log_name, entry_id from private.%s) as found '
        'group by problem, log_name order by 1', found_after.call
    ))
$$;
create temporary table tree as select max(tree_size) as size, count(*) as batches from private.seal_batches;
select is(pg_temp.found_after('select'), '{}', 'all is sound');
select is(pg_temp.found_after('select', 'verify_seal(null, null, 5)'), '{}', 'from the first on where no first is given');
select is(tests.refusal('select private.verify_seal(-1)'), '22023 ', 'but not from before it');
select is(pg_temp.found_after('delete from private.sealed_entries'), array[size || ' no entry for a leaf t'], 'without any place') from tree;
select is(
    pg_temp.found_after('delete from private.seal_tiles'),
    array(select unnest(array[batches || ' root of the batch of size N is not what the tiles say t']) union all select count(*) || ' no leaf in its tile ' || code.log_name || ' f' from private.sealed_entries inner join private.seal_codes as code using (log_code) group by code.log_name order by 1),
    'without any tile'
)
from tree;
select ok(
    '1 a batch before the one of size N is missing t'
    = any (pg_temp.found_after('delete from private.seal_batches where tree_size = (select min(tree_size) from private.seal_batches)')),
    'without the first batch'
);
select is(
    pg_temp.found_after('update public.badge_evaluation_logs set duration_ms = 99 where source = ''manual'' and duration_ms = 3; update private.seal_batches set root = sha256(''x'')'),
    array(select unnest(array['1 changed badge_evaluation_logs f', batches || ' root of the batch of size N is not what the tiles say t']) order by 1), 'findings of entries and of the tree'
)
from tree;
select is(
    pg_temp.found_after('update public.badge_evaluation_logs set duration_ms = 99 where source = ''manual'' and duration_ms = 3; update private.seal_batches set root = sha256(''x'')', 'verify_seal(0, null, 2)'),
    array['1 N more t', '1 changed badge_evaluation_logs f', '1 root of the batch of size N is not what the tiles say t'], 'of which the others are counted'
);
-- Two who saw a checkpoint: the first of them counts.
select is(
    pg_temp.found_after(format(
        'update private.seal_batches set sealed_at = now() + tree_size * interval ''1 millisecond''; '
        'insert into private.seal_receipts (tree_size, kind, receipt, attested_at) values (%1$s, ''one'', ''x'', now() + interval ''1 day''), '
        '(%1$s, ''two'', ''x'', now() - interval ''1 hour''), (%1$s + 1, ''three'', ''x'', now() - interval ''1 day'')', size + late
    )), array[batches || ' clock went back before the batch of size N t'], 'seen before it was made'
)
from tree cross join unnest(array[0, 3]) as late;
select is(
    pg_temp.found_after(format(
        'update private.seal_batches set sealed_at = now() + tree_size * interval ''1 millisecond''; '
        'insert into private.seal_receipts (tree_size, kind, receipt, attested_at) values (%1$s, ''one'', ''x'', now()), (%1$s + 1, ''three'', ''x'', now() - interval ''1 day'')', size
    )), '{}', 'seen in time, and again by somebody whose clock is wrong'
)
from tree;

-- A form that covers less: what was sealed before is as it was, what comes after is of the new one.
insert into private.seal_forms (log_name, form, columns)
select log_name, form + 1, array_remove(columns, 'duration_ms') from private.seal_forms where log_name = 'badge_evaluation_logs' order by form desc limit 1;
select pg_temp.fill(11, 12);
update private.seal_state set look_from = 1;
select is(
    (select (forms ->> 'badge_evaluation_logs')::int from private.seal_logs()), (select max(form) from private.seal_forms where log_name = 'badge_evaluation_logs'),
    'a batch names the form that it used'
);
select is(
    (select details - 'columns' from public.security_events where event_kind = 'seal_form_added' and table_name = 'badge_evaluation_logs' order by occurred_at desc limit 1),
    (select jsonb_build_object('form', max(form)) from private.seal_forms where log_name = 'badge_evaluation_logs'), 'which is on record'
);
select is(pg_temp.found_after('select'), '{}', 'all is sound');
select is(pg_temp.found_after('update public.badge_evaluation_logs set duration_ms = 99 where source = ''manual'' and duration_ms = 3'), array['1 changed badge_evaluation_logs f'], 'of before, each column counts');
select is(pg_temp.found_after('update public.badge_evaluation_logs set duration_ms = 99 where source = ''manual'' and duration_ms = 11'), '{}', 'of after, those of the form');
select is(
    pg_temp.found_after('update public.badge_evaluation_logs set peer_mentor_id = gen_random_uuid() where source = ''manual'' and duration_ms in (3, 11)'), array['2 changed badge_evaluation_logs f'], 'those do'
);

-- Where the numbers of transactions began again, everything without a leaf is looked for.
select pg_temp.fill(21, 24);
update private.seal_state set look_from = 9000000000000;
select ok((select is_adoption from private.seal_logs()), 'numbers of another server');
do $$ begin while (select adopting_after is not null from private.seal_state) loop perform private.seal_logs(); end loop; end $$;
select is_empty($$ select from public.badge_evaluation_logs as entry where duration_ms > 20 and source = 'manual'
    and not exists (select from private.sealed_entries as sealed where sealed.entry_id = entry.id) $$, 'nothing is left out');
select pg_temp.fill(31, 34);
update private.seal_state set system_identifier = 5;
select ok((select is_adoption from private.seal_logs()), 'another server');
select pg_temp.fill(41, 44);
savepoint hidden;
create policy hidden on public.proxy_audit_log as restrictive for select using (true);
select is(split_part(tests.refusal('select private.seal_logs()'), ' ', 1), 'PL008', 'what hides entries from it keeps it from sealing');
rollback to savepoint hidden;

-- Past the retention of then: what was raised since says nothing of that time.
create function pg_temp.lawful(months int, raised_at timestamptz default null, raised_log text default 'proxy_audit_log') returns boolean
language plpgsql
as $$
declare
    v_lawful boolean;
begin
    begin
        delete from public.security_events where event_kind = 'log_archived';
        update private.logs set retention_months = 72 where log_name = 'proxy_audit_log';
        perform tests.make_archived('proxy_audit_log', (date_trunc('month', now() at time zone 'utc') - lawful.months * interval '1 month')::date);
        insert into public.security_events (event_kind, table_name, session_role, occurred_at)
        select 'log_retention_raised', lawful.raised_log, 'x', lawful.raised_at where lawful.raised_at is not null;
        select archived.is_lawful into strict v_lawful
        from private.seal_archived() as archived
        inner join private.seal_codes as code on code.log_code = archived.log_code and code.log_name = 'proxy_audit_log';
        raise exception using errcode = 'TTTTT';
    exception
        when sqlstate 'TTTTT' then
            return v_lawful;
    end;
end
$$;
select is(pg_temp.lawful(months, raised_at, raised_log), is_lawful, format('%s months ago, raised for %s at %s', months, raised_log, raised_at))
from (
    values
    (73, null, null, true), (72, null, null, false), (61, now() + interval '1 day', 'proxy_audit_log', true), (60, now() + interval '1 day', 'proxy_audit_log', false),
    (61, now() - interval '1 day', 'proxy_audit_log', false), (61, now() + interval '1 day', 'activity_changes', false)
) as given (months, raised_at, raised_log, is_lawful);
select * from finish();
rollback;
