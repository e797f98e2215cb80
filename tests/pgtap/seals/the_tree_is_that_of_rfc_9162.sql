-- Roots and proofs as RFC 9162 defines them, recursively and without tiles, and the vectors of docs/evidence.md.
begin;
select plan(63);
create function pg_temp.leaf(number bigint) returns bytea
language sql immutable
as $$ select sha256(convert_to('leaf ' || number, 'UTF8')) $$;
create function pg_temp.cut(leaves bigint) returns bigint
language plpgsql immutable
as $$
declare
    v_width bigint := 1;
begin
    while v_width * 2 < leaves loop
        v_width := v_width * 2;
    end loop;
    return v_width;
end
$$;
create function pg_temp.root(first bigint, past bigint) returns bytea
language plpgsql immutable
as $$
begin
    return case
        when past = first then sha256('')
        when past = first + 1 then pg_temp.leaf(first)
        else sha256('\x01'::bytea || pg_temp.root(first, first + pg_temp.cut(past - first)) || pg_temp.root(first + pg_temp.cut(past - first), past))
    end;
end
$$;
create function pg_temp.inclusion(index bigint, first bigint, past bigint) returns bytea[]
language plpgsql immutable
as $$
declare
    v_at bigint := first + pg_temp.cut(past - first);
begin
    return case
        when past - first = 1 then '{}'
        when index < v_at then pg_temp.inclusion(index, first, v_at) || pg_temp.root(v_at, past)
        else pg_temp.inclusion(index, v_at, past) || pg_temp.root(first, v_at)
    end;
end
$$;
create function pg_temp.consistency(old_size bigint, first bigint, past bigint, is_whole boolean) returns bytea[]
language plpgsql immutable
as $$
declare
    v_at bigint := first + pg_temp.cut(past - first);
begin
    return case
        when old_size = past and is_whole then '{}'
        when old_size = past then array[pg_temp.root(first, past)]
        when old_size <= v_at then pg_temp.consistency(old_size, first, v_at, is_whole) || pg_temp.root(v_at, past)
        else pg_temp.consistency(old_size, v_at, past, false) || pg_temp.root(first, v_at)
    end;
end
$$;
create function pg_temp.leaves(first bigint, past bigint) returns bytea
language sql immutable
as $$ select coalesce(string_agg(pg_temp.leaf(number), '' order by number), '') from generate_series(first, past - 1) as number $$;

-- The vectors.
select is(encode(private.leaf_hash(log_name, line), 'hex'), leaf, 'the leaf of ' || line)
from (
    values
    (
        'proxy_audit_log',
        '{"e": 1000, "f": 0.000001, "g": 0.00000000000000000001, "i": 0, "j": -1, "k": 9223372036854775807, "m": 1.1, "n": 1.10, "x": 0.1, '
        '"y": 1000000000000000000000, "nan": "NaN"}', '230d3c65625955e5e483b48de8d82b7e717ad1b48829ac1fd1a8f0920aa88e47'
    ),
    ('proxy_audit_log', '{"j": {"": 6, "Z": 7, "a": 9, "b": 1, "aa": 2, "æ": 4, "é": 5, "😀": 8}}', 'fe95ad64bf6f58cf482515bf01441ba71340d2b4379e219065d692445740fec7')
) as vector (log_name, line, leaf);
select is(
    private.list_root(decode(
        '0476f74df8e052e42878bb3785bb7c49dad59b9536995c0eb6561cf0152d5998' || 'aa49df9c27e511b280d3c266e151ef6071ac2d2a8c903e47a3d9183f36340e1e'
        || case when leaves = 3 then '230d3c65625955e5e483b48de8d82b7e717ad1b48829ac1fd1a8f0920aa88e47' else '' end, 'hex'
    )), decode(root, 'hex'), format('the root of %s leaves', leaves)
)
from (
    values
    (2, '77b3305825376e6a07ea97d81d8213bc9c8bb2a8896fafbf96d5dc11defbc161'), (3, '97fd1365b4b708929dedbb296d9005d1a096ea6fe1018081c67a5cbb2945590d')
) as vector (leaves, root);
select is(private.list_root(hashes), sha256(''), 'of nothing') from unnest(array['', null]::bytea[]) as hashes;
select is_empty(
    'select leaves from generate_series(1, 130) as leaves where private.list_root(pg_temp.leaves(0, leaves)) is distinct from pg_temp.root(0, leaves)',
    'of each list'
);
select is_empty(
    'select leaves from generate_series(2, 1025) as leaves where private.left_width(leaves) is distinct from pg_temp.cut(leaves)', 'where each is cut'
);
select is(private.left_width(4611686018427387905), 4611686018427387904, 'however large');
select is(private.perfect_root(pg_temp.leaves(0, leaves)), pg_temp.root(0, leaves), format('a perfect tree of %s', leaves))
from unnest(array[1, 2, 8, 256]) as leaves;

-- A tree in tiles: three levels of them, and one more leaf than fills two hundred and fifty-six.
select is(private.tree_size(), 0::bigint, 'there is no tree yet');
select is(private.range_root(0, 0), sha256(''), 'whose root is that of nothing');
select throws_ok('select private.range_root(0, 1)', 'PL008', null, 'nor a tile of it');
create temporary table sizes as select 65536 + 300 as leaves;
insert into private.seal_tiles (level, tile, hashes)
select 0, tile, pg_temp.leaves(tile * 256, least(leaves, (tile + 1) * 256)) from sizes cross join generate_series(0, leaves / 256) as tile;
insert into private.seal_tiles (level, tile, hashes)
select 1, lower.tile / 256, string_agg(private.perfect_root(lower.hashes), '' order by lower.tile)
from private.seal_tiles as lower where lower.level = 0 and length(lower.hashes) = 8192 group by 2;
insert into private.seal_tiles (level, tile, hashes) select 2, 0, private.perfect_root(hashes) from private.seal_tiles where level = 1 and tile = 0;
insert into private.seal_batches (tree_size, first_index, root, look_from, forms, rows_by_log)
select leaves, 0, sha256(''), 0, '{}', '{}' from sizes;
insert into private.seal_batches (tree_size, first_index, root, look_from, forms, rows_by_log) values (1000, 1, sha256(''), 0, '{}', '{}');
select is(private.tree_size(), leaves::bigint, 'the newest batch is the size') from sizes;
select is_empty(
    $$ select past from generate_series(0, 520, 13) as past
       where private.range_root(0, past) is distinct from pg_temp.root(0, past) $$, 'the root of each tree of that'
);
select is(private.range_root(0, past), pg_temp.root(0, past), format('of %s', past))
from unnest(array[1, 255, 256, 257, 511, 512, 513]) as past;
select is(private.range_root(first, first + width), pg_temp.root(first, first + width), format('%s leaves from %s on', width, first))
from (values (256, 256), (512, 300), (65536, 300), (65792, 44), (128, 64), (7, 1)) as span (first, width);
-- The hashes above stand for whole trees, which are not computed again.
select is(
    private.range_root(0, leaves),
    sha256('\x01'::bytea || (select hashes from private.seal_tiles where level = 2) || pg_temp.root(65536, leaves)), 'the root of all of it'
)
from sizes;
select is(
    private.tree_node(height, index), pg_temp.root(index << height, (index + 1) << height), format('node %s of height %s', index, height)
)
from (values (0, 300), (3, 5), (8, 2), (9, 1)) as node (height, index);
update private.seal_state set origin = 'example.org/log', generation = 1;
select is(
    private.checkpoint_text(513), E'example.org/log\n513\n' || encode(pg_temp.root(0, 513), 'base64') || E'\n', 'the three lines of a checkpoint'
);

-- Proofs, each of which holds for its own tree only.
select is_empty(
    $$
        select leaf_index, size
        from generate_series(1, 20) as size cross join lateral generate_series(0, size - 1) as leaf_index
        where private.inclusion_proof(leaf_index, size) is distinct from pg_temp.inclusion(leaf_index, 0, size)
    $$, 'of each leaf in each small tree'
);
select is(private.inclusion_proof(leaf_index, size), pg_temp.inclusion(leaf_index, 0, size), format('of leaf %s in %s', leaf_index, size))
from (values (255, 256), (256, 257), (300, 777), (776, 777)) as given (leaf_index, size);
select is_empty(
    $$
        select old_size, size
        from generate_series(1, 20) as size cross join lateral generate_series(1, size - 1) as old_size
        where private.consistency_proof(old_size, size) is distinct from pg_temp.consistency(old_size, 0, size, true)
    $$, 'from each small tree to each'
);
select is(private.consistency_proof(old_size, size), pg_temp.consistency(old_size, 0, size, true), format('from %s to %s', old_size, size))
from (values (1, 777), (255, 256), (256, 777), (257, 777), (512, 513)) as given (old_size, size);
select is(cardinality(private.consistency_proof(old_size, size)), 0, format('from %s to %s nothing has to be shown', old_size, size))
from (values (0, 5), (5, 5), (0, 0)) as given (old_size, size);
select is(split_part(tests.refusal('select private.' || question), ' ', 1), refused, question)
from (
    values
    ('inclusion_proof(-1, 5)', '22023'), ('inclusion_proof(5, 5)', '22023'), ('inclusion_proof(null, 5)', '22023'), ('inclusion_proof(0, null)', '22023'),
    ('inclusion_proof(0, 65837)', '22023'), ('inclusion_proof(0, 65836)', 'done'), ('consistency_proof(6, 5)', '22023'), ('consistency_proof(-1, 5)', '22023'),
    ('consistency_proof(1, 65837)', '22023'), ('consistency_proof(1, 65836)', 'done'), ('consistency_proof(null, 5)', '22023'),
    ('consistency_proof(1, null)', '22023')
) as given (question, refused);
select * from finish();
rollback;
