-- A hold outlives the archive of the entry that set it: that it was lifted must still be on record.
begin;
select plan(15);
select tests.make_two_organisations();
create temporary table holds as
select name, (public.set_legal_hold(tests.id('organisation', 'north'), 'Case-' || name)).id from unnest(array['1', '2', '3']) as name;
select public.lift_legal_hold(id) from holds where name = '3';
create function pg_temp.gap(name text, detail text, hole text default null) returns text[]
language sql
as $$
    select array[concat_ws(' | ', 'hold_differs', 'security_events', holds.id, gap.detail, '(' || gap.hole || ')')]
    from holds where holds.name = gap.name
$$;
select is(tests.gaps_after('select'), '{}', 'two that are on and one that was lifted');
select tests.switch_triggers_off();
select is(tests.gaps_after(statement), found, statement)
from (
    values
    ('select', '{}'),
    ('update public.legal_holds set lifted_at = now() where case_reference = ''Case-1''', pg_temp.gap('1', 'it was lifted, or was not')),
    ('update public.legal_holds set lifted_at = null where case_reference = ''Case-3''', pg_temp.gap('3', 'it was lifted, or was not')),
    ('delete from public.legal_holds where case_reference = ''Case-1''', pg_temp.gap('1', 'it is gone')),
    ('delete from public.legal_holds where case_reference = ''Case-3''', pg_temp.gap('3', 'it is gone')),
    (
        'update public.legal_holds set organisation_id = tests.id(''organisation'', ''south'') where case_reference = ''Case-1''',
        pg_temp.gap('1', 'it has no entry') || pg_temp.gap('1', 'it is gone')
    ),
    (
        'delete from public.security_events where event_kind = ''legal_hold_set'' and details ->> ''legal_hold_id'' = (select id::text from holds where name = ''1'')',
        pg_temp.gap('1', 'it has no entry')
    ),
    ('delete from public.security_events where event_kind = ''legal_hold_lifted''', pg_temp.gap('3', 'it was lifted, or was not'))
) as deed (statement, found);

-- Set seven years ago, and the entries of then are archived.
update public.legal_holds set set_at = '2019-03-05', lifted_at = case when lifted_at is not null then timestamptz '2019-03-06' end;
delete from public.security_events where event_kind in ('legal_hold_set', 'legal_hold_lifted');
select is(tests.gaps_after('select tests.make_archived(''security_events'', ''2019-03-01''); ' || statement), found, statement)
from (
    values
    ('select', pg_temp.gap('1', 'it has no entry', 'archived') || pg_temp.gap('2', 'it has no entry', 'archived') || pg_temp.gap('3', 'it was lifted, or was not', 'archived')),
    (
        'update public.legal_holds set lifted_at = now() where case_reference = ''Case-1''',
        pg_temp.gap('1', 'it was lifted, or was not') || pg_temp.gap('2', 'it has no entry', 'archived') || pg_temp.gap('3', 'it was lifted, or was not', 'archived')
    ),
    (
        'update public.legal_holds set lifted_at = ''2019-04-01 00:00+00'', set_at = ''2019-04-01 00:00+00''',
        pg_temp.gap('1', 'it was lifted, or was not') || pg_temp.gap('2', 'it was lifted, or was not') || pg_temp.gap('3', 'it was lifted, or was not')
    ),
    (
        'update public.legal_holds set lifted_at = null, set_at = ''2019-04-01 00:00+00''',
        pg_temp.gap('1', 'it has no entry') || pg_temp.gap('2', 'it has no entry') || pg_temp.gap('3', 'it has no entry')
    ),
    (
        'select public.lift_legal_hold(id) from public.legal_holds where lifted_at is null; '
        'update public.legal_holds set lifted_at = null where case_reference = ''Case-1''',
        pg_temp.gap('1', 'it was lifted, or was not') || pg_temp.gap('2', 'it has no entry', 'archived') || pg_temp.gap('3', 'it was lifted, or was not', 'archived')
    )
) as given (statement, unsorted)
cross join lateral (select array_agg(gap order by gap) as found from unnest(unsorted) as gap) as sorted;
select is(
    tests.gaps_after('select tests.make_archived(''proxy_audit_log'', ''2019-03-01'')'),
    array(select unnest(pg_temp.gap('1', 'it has no entry') || pg_temp.gap('2', 'it has no entry') || pg_temp.gap('3', 'it was lifted, or was not')) order by 1),
    'an archive of another log says nothing of it'
);
select * from finish();
rollback;
