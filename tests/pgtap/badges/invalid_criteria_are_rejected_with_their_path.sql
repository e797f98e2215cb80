begin;
select plan(54);
select tests.make_organisation('north');
-- A number is no slug, also where there is a badge of that name.
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), '7', 'Seven', '{"metric": "activity_count", "at_least": 7}');

create function pg_temp.refused_at(criteria jsonb) returns text
language plpgsql
as $$
declare
    v_detail text;
begin
    insert into public.badge_definitions (organisation_id, slug, name, criteria)
    values (tests.id('organisation', 'north'), 'x' || md5(criteria::text), 'X', criteria);
    return 'accepted';
exception
    when sqlstate 'PL001' then
        get stacked diagnostics v_detail = pg_exception_detail;
        return v_detail;
end
$$;

select is(pg_temp.refused_at(criteria::jsonb), path, criteria)
from (
    values
    ('{"metric": "activity_count", "at_least": 1}', 'accepted'),
    ('{"any": [{"all": [{"metric": "distinct_days", "at_least": 2, "within_days": 30, "activity_types": ["visit"]}]}]}', 'accepted'),
    ('{"metric": "minutes_total", "at_least": 9, "from": "2024-02-29", "to": "2024-02-29"}', 'accepted'),
    ('null', '$'),
    ('[]', '$'),
    ('{}', '$'),
    ('{"all": []}', '$.all'),
    ('{"all": [{"metric": "activity_count", "at_least": 1}], "any": []}', '$'),
    ('{"any": [{"metric": "activity_count", "at_least": 1}, {"metric": "steps", "at_least": 1}]}', '$.any[1].metric'),
    ('{"metric": 7, "at_least": 1}', '$.metric'),
    ('{"metric": "activity_count"}', '$.at_least'),
    ('{"metric": "activity_count", "at_least": 0}', '$.at_least'),
    ('{"metric": "activity_count", "at_least": "3"}', '$.at_least'),
    ('{"metric": "activity_count", "at_least": 1.5}', '$.at_least'),
    ('{"metric": "activity_count", "at_least": 1, "activity_types": []}', '$.activity_types'),
    ('{"metric": "activity_count", "at_least": 1, "delivery_modes": [1]}', '$.delivery_modes'),
    ('{"metric": "activity_count", "at_least": 1, "within_days": -1}', '$.within_days'),
    ('{"metric": "activity_count", "at_least": 1, "from": "2026-02-30"}', '$.from'),
    ('{"metric": "activity_count", "at_least": 1, "from": "2026-02-03", "to": "2026-02-02"}', '$.to'),
    ('{"metric": "tenure_days", "at_least": 1, "within_days": 3}', '$.within_days'),
    ('{"metric": "badge_earned", "at_least": 1}', '$.badge'),
    ('{"all": [{"metric": "badge_earned", "badge": "unknown"}]}', '$.all[0].badge'),
    ('{"metric": "activity_count", "at_least": 1, "atleast": 1}', '$.atleast'),
    ('{"metric": null, "at_least": 1}', '$.metric'),
    ('{"metric": ["activity_count"], "at_least": 1}', '$.metric'),
    ('{"all": {"metric": "activity_count", "at_least": 1}}', '$.all'),
    ('{"all": "activity_count"}', '$.all'),
    ('{"any": [{"metric": "activity_count", "at_least": 1}, {"all": [7]}]}', '$.any[1].all[0]'),
    ('{"metric": "activity_count", "at_least": 999999999999}', 'accepted'),
    ('{"metric": "activity_count", "at_least": 1000000000000}', '$.at_least'),
    ('{"metric": "activity_count", "at_least": 1, "within_days": 1}', 'accepted'),
    ('{"metric": "activity_count", "at_least": 1, "within_days": 0}', '$.within_days'),
    ('{"metric": "activity_count", "at_least": 1, "within_days": 36600}', 'accepted'),
    ('{"metric": "activity_count", "at_least": 1, "within_days": 36601}', '$.within_days'),
    ('{"metric": "activity_count", "at_least": 1, "within_days": "7"}', '$.within_days'),
    ('{"metric": "activity_count", "at_least": 1, "from": 20260101}', '$.from'),
    ('{"metric": "activity_count", "at_least": 1, "to": ["2026-01-01"]}', '$.to'),
    ('{"metric": "activity_count", "at_least": 1, "from": "2026-02-01", "to": "2026-02-01"}', 'accepted'),
    -- What is wrong with "from" is said of "from".
    ('{"metric": "activity_count", "at_least": 1, "from": "2026-13-01", "to": "2026-02-01"}', '$.from'),
    ('{"metric": "activity_count", "at_least": 1, "activity_types": "visit"}', '$.activity_types'),
    ('{"metric": "activity_count", "at_least": 1, "badge": "x"}', '$.badge'),
    ('{"metric": "activity_count", "at_least": 1, "badge": "7"}', '$.badge'),
    ('{"metric": "activity_count", "at_least": 1, "within_days": 7.5}', '$.within_days'),
    ('{"metric": "activity_count", "at_least": 1, "within_days": 100000}', '$.within_days'),
    ('{"metric": "tenure_days", "at_least": 1, "badge": "x"}', '$.badge'),
    ('{"metric": "badge_earned", "badge": 7}', '$.badge'),
    ('{"metric": "badge_earned", "badge": "x", "at_least": 2}', '$.at_least'),
    ('{"metric": "badge_earned", "badge": "x", "from": "2026-01-01"}', '$.from'),
    -- Of several faults the first by its name.
    ('{"metric": "activity_count", "within_days": 0, "at_least": 0, "activity_types": []}', '$.activity_types'),
    ('{"metric": "activity_count", "within_days": 0, "delivery_modes": []}', '$.at_least')
) as example (criteria, path);
select is(
    pg_temp.refused_at(jsonb_build_object('any', (
        select jsonb_agg(jsonb_build_object('metric', 'activity_count', 'at_least', number))
        from generate_series(1, leaves) as number
    ))), path, leaves || ' conditions'
)
from (values (200, 'accepted'), (201, '$')) as example (leaves, path);
-- A leaf within so many lists.
select is(
    pg_temp.refused_at((
        repeat('{"all": [', depth) || '{"metric": "activity_count", "at_least": 1}' || repeat(']}', depth)
    )::jsonb), path, depth || ' levels deep'
)
from (values (9, 'accepted'), (10, '$' || repeat('.all[0]', 10))) as example (depth, path);
select finish();
rollback;
