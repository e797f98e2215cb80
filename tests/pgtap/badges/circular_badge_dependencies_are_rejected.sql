begin;
select plan(4);
select tests.make_organisation('north');
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values
(tests.id('organisation', 'north'), 'a', 'A', '{"metric": "activity_count", "at_least": 1}'),
(tests.id('organisation', 'north'), 'b', 'B', '{"metric": "badge_earned", "badge": "a"}'),
(tests.id('organisation', 'north'), 'c', 'C', '{"all": [{"metric": "badge_earned", "badge": "b"}, {"metric": "tenure_days", "at_least": 1}]}');
select throws_ok(
    $$ update public.badge_definitions set criteria = '{"any": [{"metric": "badge_earned", "badge": "c"}]}' where slug = 'a' $$,
    'PL001', 'The criteria are invalid: badges depend on one another in a circle, a -> c -> b -> a.', 'the circle is shown'
);
select throws_ok(
    $$ update public.badge_definitions set criteria = '{"metric": "badge_earned", "badge": "a"}' where slug = 'a' $$,
    'PL001', null, 'a badge cannot need itself'
);
select throws_ok(
    $$ update public.badge_definitions set slug = 'z' where slug = 'a' $$, '22023', null, 'a slug that is named elsewhere stays'
);
select lives_ok($$ update public.badge_definitions set slug = 'z' where slug = 'c' $$, 'another may change');
select finish();
rollback;
