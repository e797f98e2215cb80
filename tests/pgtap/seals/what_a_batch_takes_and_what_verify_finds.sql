-- Every entry gets one leaf, in its order, and a place; whatever is done to an entry, its place or a tile afterwards has its word.
begin;
select plan(57);
select tests.make_two_organisations();
create function pg_temp.fill(from_number int, to_number int, at timestamptz default now(), recorded_in bigint default 5) returns void
language sql
as $$
    insert into public.badge_evaluation_logs (id, peer_mentor_id, org_id, triggered_at, duration_ms, source, recorded_in)
    select
        tests.id('entry', number::text), tests.id('mentor', 'olga'), tests.id('organisation', case when number % 2 = 0 then 'north' else 'south' end),
        at + number * interval '1 millisecond', number, 'manual', recorded_in
    from generate_series(from_number, to_number) as number
$$;
create function pg_temp.leaves() returns table (leaf_index bigint, leaf bytea)
language sql
as $$
    select tile.tile * 256 + place, substring(tile.hashes from place * 32 + 1 for 32)
    from private.seal_tiles as tile cross join lateral generate_series(0, length(tile.hashes) / 32 - 1) as place
    where tile.level = 0
$$;
create function pg_temp.line(entry jsonb, log_name text) returns text
language sql
as $$
    select jsonb_object_agg(field, entry -> field)::text
    from private.seal_forms as form cross join unnest(form.columns) as field
    where form.log_name = line.log_name and form.form = (select max(newest.form) from private.seal_forms as newest where newest.log_name = line.log_name)
$$;
set local timezone = 'UTC';
set local extra_float_digits = 1;
create function pg_temp.expected() returns table (entry_id uuid, log_code smallint, leaf bytea)
language plpgsql
as $$
declare
    v_log record;
begin
    for v_log in select code.log_code, code.log_name from private.seal_codes as code loop
        return query execute format(
            'select entry.id, %s::smallint, sha256(''\x00''::bytea || convert_to(''peerledger/entry/v1'' || chr(10) || %L || chr(10) || pg_temp.line(to_jsonb(entry), %2$L), ''UTF8'')) '
            'from public.%2$I as entry', v_log.log_code, v_log.log_name
        );
    end loop;
end
$$;

-- The first batches adopt what is there, partition by partition, and no more at a time than they are asked for.
select pg_temp.fill(1, 40);
create temporary table adopted (tree_size bigint, first_index bigint, is_adoption boolean, rows_by_log jsonb);
insert into adopted select tree_size, first_index, is_adoption, rows_by_log from private.seal_logs(7);
select is(
    (select row((rows_by_log ->> 'badge_evaluation_logs')::int, is_adoption) from adopted), row(7, true), 'of a log as many as asked for, which are adopted'
);
select is(
    (select sum(entries::bigint) from adopted cross join jsonb_each_text(rows_by_log) as log (name, entries)), (select tree_size::numeric from adopted),
    'by log'
);
select ok((select adopting_after from private.seal_state) is not null, 'and it has not come to the end');
select is_empty('select private.unsealed_entries()', 'what is still to be adopted is not without a leaf');
do $$
declare
    v_batch private.seal_batches;
begin
    for turn in 1..60 loop
        v_batch := private.seal_logs(100);
        exit when v_batch.tree_size is null and (select adopting_after from private.seal_state) is null;
    end loop;
end
$$;
select ok((select adopting_after from private.seal_state) is null, 'until it has');
select is_empty(
    $$
        select sealed.leaf_index from private.sealed_entries as sealed
        left join pg_temp.leaves() as made on made.leaf_index = sealed.leaf_index
        left join pg_temp.expected() as expected on expected.entry_id = sealed.entry_id and expected.log_code = sealed.log_code
        where made.leaf is distinct from expected.leaf
    $$, 'each place holds the hash of the line of its entry'
);
select is(
    (select count(*) from private.sealed_entries), (select count(*) from pg_temp.leaves()), 'as many places as leaves'
);
select is((select max(leaf_index) + 1 from private.sealed_entries), private.tree_size(), 'which are counted from nought');
select is_empty(
    $$
        select log_name from private.seal_forms as form where form = (select max(form) from private.seal_forms as other where other.log_name = form.log_name)
        except select table_name from public.security_events where event_kind = 'seal_form_added'
    $$, 'the columns that a leaf covers are on record for each log'
);
select is(
    (select details from public.security_events where event_kind = 'seal_form_added' and table_name = 'badge_evaluation_logs'),
    (
        select jsonb_build_object('form', form, 'columns', to_jsonb(columns)) from private.seal_forms where log_name = 'badge_evaluation_logs'
        order by form desc limit 1
    ), 'as they are'
);
select is((select count(*) from public.security_events where event_kind = 'seal_form_added'), (select count(*) from private.seal_codes), 'once');

-- From then on by their numbers.
update private.seal_state set look_from = 1;
create temporary table before as select private.tree_size() as size;
select is(private.seal_logs() is null, true, 'nothing new, no batch');
update private.seal_state set look_from = 1;
-- Three of one number and one of an earlier one; by number, time and id.
select pg_temp.fill(101, 103, recorded_in => 7);
select pg_temp.fill(104, 104, recorded_in => 6);
select results_eq(
    'select tree_size - first_index, is_adoption, look_from, rows_by_log, forms = (select jsonb_object_agg(log_name, form) from (select log_name, max(form) as form from private.seal_forms group by 1) as newest) from private.seal_logs(2)',
    $$ values (2::bigint, false, 7::bigint, '{"badge_evaluation_logs": 2}'::jsonb, true) $$, 'a batch of two goes on from where it was cut short'
);
select is((select look_from from private.seal_state), 7::bigint, 'which is kept');
select is((select tree_size - first_index from private.seal_logs(2)), 2::bigint, 'the next takes the rest of that number');
select ok((select look_from from private.seal_state) >= 7, 'and looks from what was running');
select results_eq(
    'select entry_id from private.sealed_entries where leaf_index >= (select size from before) order by leaf_index',
    $$ select tests.id('entry', number::text) from unnest(array[104, 101, 102, 103]) with ordinality as given (number, position) order by position $$,
    'in the order of numbers and times'
);
select is(
    (select row(root, tree_size) from private.seal_batches order by tree_size desc limit 1),
    (select row(private.list_root(string_agg(leaf, '' order by leaf_index)), count(*)) from pg_temp.leaves()), 'with the root of all leaves'
);
-- Beyond a tile.
update private.seal_state set look_from = 1;
select pg_temp.fill(1001, 1700, recorded_in => 8);
select is((select tree_size - first_index from private.seal_logs()), 700::bigint, 'seven hundred more');
select is(
    (select row(root, tree_size) from private.seal_batches order by tree_size desc limit 1),
    (select row(private.list_root(string_agg(leaf, '' order by leaf_index)), count(*)) from pg_temp.leaves()), 'with the root of all leaves'
);
select is(
    (select string_agg(private.perfect_root(hashes), '' order by tile) from private.seal_tiles where level = 0 and length(hashes) = 8192),
    (select hashes from private.seal_tiles where level = 1), 'and each full tile in the level above'
);
select is((select looked_at >= now() from private.seal_state), true, 'when it looked is known');

select is_empty('select * from private.verify_seal()', 'all is sound');
select tests.switch_triggers_off();
create function pg_temp.found_after(statements text, call text default 'verify_seal()') returns text[]
language sql
as $$
    select tests.answers_after(found_after.statements, format(
        'select concat_ws('' '', problem, log_name, leaf_index, case when entry_id = tests.id(''entry'', ''1200'') then ''1200'' end) from private.%s',
        found_after.call
    ))
$$;
create temporary table place as select leaf_index as at, leaf_index / 256 as tile from private.sealed_entries where entry_id = tests.id('entry', '1200');
create function pg_temp.with_place(words text) returns text
language sql
as $$ select replace(replace(words, 'AT', at::text), 'TILE', tile::text) from place $$;
create function pg_temp.spoilt(level int, tile bigint, byte bigint) returns text
language sql
as $$
    select format(
        'update private.seal_tiles set hashes = set_byte(hashes, %3$s, get_byte(hashes, %3$s) # 1) where level = %1$s and tile = %2$s', level, tile, byte
    )
$$;
select is(
    pg_temp.found_after(pg_temp.with_place(statement)), array(select pg_temp.with_place(word) from unnest(words) as word), statement
)
from (
    values
    (
        'update public.badge_evaluation_logs set duration_ms = 9 where id = tests.id(''entry'', ''1200'')',
        array['changed badge_evaluation_logs AT 1200']
    ),
    (
        'update public.badge_evaluation_logs set org_id = gen_random_uuid() where id = tests.id(''entry'', ''1200'')',
        array['changed badge_evaluation_logs AT 1200']
    ),
    ('update public.badge_evaluation_logs set recorded_in = 4 where id = tests.id(''entry'', ''1200'')', '{}'),
    (
        'update public.badge_evaluation_logs set triggered_at = triggered_at + interval ''1 second'' where id = tests.id(''entry'', ''1200'')',
        array['missing badge_evaluation_logs AT 1200']
    ),
    ('delete from public.badge_evaluation_logs where id = tests.id(''entry'', ''1200'')', array['missing badge_evaluation_logs AT 1200']),
    (
        'delete from public.badge_evaluation_logs where id = tests.id(''entry'', ''1200''); '
        'delete from private.sealed_entries where entry_id = tests.id(''entry'', ''1200'')',
        array['no entry for a leaf AT']
    ),
    (
        'update private.sealed_entries set log_code = (select log_code from private.seal_codes where log_name = ''proxy_audit_log'') '
        'where entry_id = tests.id(''entry'', ''1200'')',
        array['missing proxy_audit_log AT 1200']
    )
) as deed (statement, words);
-- Where verify is asked of a part, and how many it may name.
select is(
    pg_temp.found_after('update public.badge_evaluation_logs set duration_ms = 9 where id = tests.id(''entry'', ''1200'')', format('verify_seal(%s, %L)', first_leaf, past_leaf)),
    case when is_in then array[pg_temp.with_place('changed badge_evaluation_logs AT 1200')] else '{}' end,
    format('from the tile of leaf %s on, to %s', first_leaf, past_leaf)
)
from place
cross join lateral (
    values
    (at / 256 * 256, null, true), (at / 256 * 256 + 255, at + 1, true), (at / 256 * 256 + 256, null, false), (0, at / 256 * 256, false), (0, 100000, true)
) as part (first_leaf, past_leaf, is_in);
select is(
    pg_temp.found_after('update public.badge_evaluation_logs set duration_ms = 9 where source = ''manual'' and duration_ms between 1200 and 1209', 'verify_seal(0, null, 3)'),
    array(select 'changed badge_evaluation_logs ' || at + number || case number when 0 then ' 1200' else '' end from place cross join generate_series(0, 2) as number)
    || array['7 more'], 'three of ten, and how many more'
);

-- The tables of the seals themselves.
select ok(
    'tile 1 of level 0 is not what level 1 says 256' = any (pg_temp.found_after(pg_temp.spoilt(level, tile, byte))), format('a byte of tile %s of level %s', tile, level)
)
from (values (0, 1, 40), (1, 0, 40)) as given (level, tile, byte);
create temporary table batches as
select
    min(tree_size) filter (where place = 2) as former_size, min(tree_size) filter (where place = 1) as size, min(first_index) filter (where place = 1) as first_index
from (select batch.*, row_number() over (order by tree_size desc) as place from private.seal_batches as batch) as numbered;
select is(
    array(select found from unnest(pg_temp.found_after(replace(replace(statement, 'FORMER', former_size::text), 'SIZE', size::text))) as found),
    array(select replace(word, 'SIZE', size::text) || ' ' || first_index from unnest(words) as word), statement
)
from batches
cross join (
    values
    (
        'update private.seal_batches set root = sha256(''x'') where tree_size = SIZE', array['root of the batch of size SIZE is not what the tiles say']
    ),
    ('delete from private.seal_batches where tree_size = FORMER', array['a batch before the one of size SIZE is missing']),
    (
        'update private.seal_batches set sealed_at = former.sealed_at - interval ''1 second'' from private.seal_batches as former '
        'where former.tree_size = FORMER and seal_batches.tree_size = SIZE', array['clock went back before the batch of size SIZE']
    ),
    (
        'update private.seal_batches set sealed_at = former.sealed_at from private.seal_batches as former where former.tree_size = FORMER and seal_batches.tree_size = SIZE',
        '{}'
    ),
    (
        'update private.seal_batches set sealed_at = sealed_at + interval ''2 minutes'' where tree_size = SIZE; '
        'insert into private.seal_receipts (tree_size, kind, receipt, attested_at) select SIZE, ''timestamp'', ''x'', sealed_at - interval ''61 seconds'' '
        'from private.seal_batches where tree_size = SIZE', array['clock went back before the batch of size SIZE']
    ),
    (
        'insert into private.seal_receipts (tree_size, kind, receipt, attested_at) select SIZE + 5, ''timestamp'', ''x'', sealed_at - interval ''60 seconds'' '
        'from private.seal_batches where tree_size = SIZE', '{}'
    ),
    (
        'insert into private.seal_receipts (tree_size, kind, receipt) values (SIZE, ''witness'', ''x'')', '{}'
    )
) as deed (statement, words);
-- An entry with a time of before is back-dated, but for what was there before there were seals.
update private.seal_state set look_from = 1;
select pg_temp.fill(2001, 2003, now(), 9);
update public.badge_evaluation_logs set triggered_at = former.sealed_at - interval '1 hour' + (duration_ms - 2002) * interval '1 second'
from batches inner join private.seal_batches as former on former.tree_size = batches.size
where source = 'manual' and duration_ms in (2001, 2002);
select is((select tree_size - first_index from private.seal_logs()), 3::bigint, 'three entries, of which one has a time of before the batch before');
select is(
    array(select concat_ws(' ', problem, log_name, entry_id) from private.verify_seal()),
    array['back-dated badge_evaluation_logs ' || tests.id('entry', '2001')], 'it is more than an hour older than the batch before its own'
);
select is(
    pg_temp.found_after('update private.seal_batches set is_adoption = true'), '{}', 'what was adopted may be of any time'
);

-- What got round the sealer.
create function pg_temp.unsealed_after(statements text, at_most int default 1000) returns text[]
language sql
as $$
    select tests.answers_after(unsealed_after.statements, format(
        'select log_name || '' '' || entry_id from private.unsealed_entries(%s) where log_name <> ''security_events'' order by 1',
        unsealed_after.at_most
    ))
$$;
update private.seal_state set look_from = 20;
select is(
    pg_temp.unsealed_after(statement), case when is_found then array['badge_evaluation_logs ' || tests.id('entry', '3001')] else '{}' end, statement
)
from (
    values
    ('select', false), ('select pg_temp.fill(3001, 3001, recorded_in => 19)', true), ('select pg_temp.fill(3001, 3001, recorded_in => 20)', false),
    ('select pg_temp.fill(3001, 3001, recorded_in => 9000000000000)', true),
    ('select pg_temp.fill(3001, 3001, recorded_in => 19); update private.seal_state set adopting_after = ''''', false),
    ('select pg_temp.fill(3001, 3001, recorded_in => 19); update private.seal_state set look_from = null', false),
    (
        'select pg_temp.fill(3001, 3001, recorded_in => 20); insert into private.sealed_entries (leaf_index, entry_time, entry_id, log_code) '
        'select -1, triggered_at, id, 1 from public.badge_evaluation_logs where source = ''manual'' and duration_ms = 3001', true
    ),
    (
        'select pg_temp.fill(3001, 3001, recorded_in => 20); insert into private.sealed_entries (leaf_index, entry_time, entry_id, log_code) '
        'select private.tree_size(), triggered_at, id, 1 from public.badge_evaluation_logs where source = ''manual'' and duration_ms = 3001', true
    )
) as deed (statement, is_found);
select is(cardinality(pg_temp.unsealed_after('select pg_temp.fill(3001, 3009, recorded_in => 19)', 4)), 4, 'no more than are asked for');
select * from finish();
rollback;
