-- Slugs are an organisation's own: another one's badge of that name is another badge, for what a condition may name as for circles.
begin;
select plan(18);
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
select lives_ok($$ delete from public.badge_definitions where slug in ('f', 'g') $$, 'and deleted, too');
select results_eq(
    $$ select slug from public.badge_definitions where organisation_id = tests.id('organisation', 'south') order by slug $$, $$ values ('a'), ('b') $$,
    'the others stay'
);
select * from finish();
rollback;
