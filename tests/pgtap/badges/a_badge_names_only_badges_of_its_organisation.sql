-- Slugs are an organisation's own: another one's badge of that name is another badge, for what a condition may name as for circles.
begin;
select plan(23);
select tests.make_organisation(name) from unnest('{north, south}'::text[]) as name;
create function pg_temp.define(organisation text, slug text, needs text[]) returns text
language plpgsql
as $$
declare
    v_message text;
    v_detail text;
begin
    insert into public.badge_definitions (organisation_id, slug, name, criteria)
    values (
        tests.id('organisation', define.organisation), define.slug, define.slug,
        jsonb_build_object('all', '[{"metric": "activity_count", "at_least": 1}]'::jsonb || coalesce((
            select jsonb_agg(jsonb_build_object('metric', 'badge_earned', 'badge', needed)) from unnest(define.needs) as needed
        ), '[]'))
    )
    on conflict on constraint badge_definitions_organisation_id_slug_key do update set criteria = excluded.criteria;
    return 'defined';
exception
    when sqlstate 'PL001' then
        get stacked diagnostics v_message = message_text, v_detail = pg_exception_detail;
        return v_detail || coalesce(' ' || substring(v_message from 'circle, (.*)\.$'), '');
end
$$;
select is(pg_temp.define('north', 'a', '{}'), 'defined', 'a badge of the north');
select is(pg_temp.define('south', 'b', '{a}'), '$.all[1].badge', 'is none that one of the south can need');
select is(pg_temp.define('south', 'a', '{}'), 'defined', 'until the south has one of that name');
select is(pg_temp.define('south', 'b', '{a}'), 'defined', 'of its own');
select is(pg_temp.define('south', 'x', '{a, unknown, missing}'), '$.all[2].badge', 'of several that are unknown the first is named');

-- North: b and c need a. South: b needs a, and a may not need b.
select is(pg_temp.define('north', 'a', '{b}'), '$.all[1].badge', 'the north has no b yet');
select is(pg_temp.define('north', 'b', '{}'), 'defined', 'now it has');
select is(pg_temp.define('north', 'a', '{b}'), 'defined', 'which a may need, though in the south it is the other way round');
select is(pg_temp.define('south', 'a', '{b}'), '$.all[1].badge a -> b -> a', 'there it is a circle');
select is(pg_temp.define('north', 'c', '{a, b}'), 'defined', 'two ways to one badge are no circle');
select is(pg_temp.define('north', 'd', '{c}'), 'defined', 'nor is a long way');
select is(pg_temp.define('north', 'b', '{d, c}'), '$.all[2].badge b -> c -> b', 'of several circles the shortest is shown, and the condition that closes it');
select tests.make_organisation('west');
select is(pg_temp.define('west', 'alone', '{}'), 'defined', 'the only badge of an organisation');
select is(pg_temp.define('west', 'alone', '{alone}'), '$.all[1].badge alone -> alone', 'cannot need itself either');
select throws_ok(
    $$ update public.badge_definitions set organisation_id = tests.id('organisation', 'south') where slug = 'd' $$, '22023', null,
    'a badge stays with its organisation'
);
-- Written at once, in any order.
select lives_ok(
    $$
    insert into public.badge_definitions (organisation_id, slug, name, criteria)
    values
    (tests.id('organisation', 'north'), 'f', 'F', '{"metric": "badge_earned", "badge": "g"}'),
    (tests.id('organisation', 'south'), 'g', 'G', '{"metric": "badge_earned", "badge": "f"}'),
    (tests.id('organisation', 'north'), 'g', 'G', '{"metric": "activity_count", "at_least": 1}'),
    (tests.id('organisation', 'south'), 'f', 'F', '{"metric": "activity_count", "at_least": 1}')
    $$, 'and of both organisations in one statement'
);
select is_empty(
    $$
    select from private.badge_rules as rule
    cross join jsonb_to_recordset(rule.leaves) as leaf (needs_badge_id uuid)
    inner join public.badge_definitions as named on named.id = leaf.needs_badge_id
    where named.organisation_id <> rule.organisation_id
    $$, 'each needs one of its own organisation'
);
select is_empty(
    $$
    select from private.badge_rules as rule
    cross join jsonb_to_recordset(rule.leaves) as leaf (path text)
    group by rule.badge_definition_id, leaf.path having count(*) > 1
    $$, 'and one for each condition'
);
select lives_ok($$ delete from public.badge_definitions where slug in ('f', 'g') $$, 'and deleted, too');
select throws_ok(
    $$
    insert into public.badge_definitions (organisation_id, slug, name, criteria)
    values
    (tests.id('organisation', 'north'), 'p', 'P', '{"metric": "badge_earned", "badge": "q"}'),
    (tests.id('organisation', 'north'), 'q', 'Q', '{"metric": "badge_earned", "badge": "r"}'),
    (tests.id('organisation', 'north'), 'r', 'R', '{"metric": "badge_earned", "badge": "q"}')
    $$, 'PL001', 'The criteria are invalid: badges depend on one another in a circle, q -> r -> q.', 'a circle is found beside what leads into it'
);
-- North's d needs c; the south has a c that nobody needs.
select pg_temp.define('south', 'c', '{}');
select throws_ok(
    $$ update public.badge_definitions set slug = 'k' where slug = 'c' and organisation_id = tests.id('organisation', 'north') $$, '22023', null,
    'a badge that is needed keeps its name'
);
select lives_ok(
    $$ update public.badge_definitions set slug = 'k' where slug = 'c' and organisation_id = tests.id('organisation', 'south') $$,
    'another organisation''s of the same name need not'
);
delete from public.badge_definitions where slug = 'k';
select results_eq(
    $$ select slug from public.badge_definitions where organisation_id = tests.id('organisation', 'south') order by slug $$, $$ values ('a'), ('b') $$,
    'the others stay'
);
select * from finish();
rollback;
