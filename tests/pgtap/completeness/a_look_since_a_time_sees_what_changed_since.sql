-- The nights between two looks at everything ask only of activities that, or entries of which, are of since then, and find of those
-- what a look at everything finds.
begin;
select plan(36);
select tests.make_two_organisations();
select tests.make_activity('changed', 'olga'), tests.make_activity('back', 'olga'), tests.make_activity('proxy changed', 'olga', 'nina');
update public.activities set duration_minutes = 50 where id in (tests.id('activity', 'changed'), tests.id('activity', 'proxy changed'));
update public.activities set duration_minutes = 51 where id = tests.id('activity', 'changed');
delete from public.activities where id = tests.id('activity', 'back');
select tests.make_activity('back', 'olga');
update public.activities set duration_minutes = 52 where id = tests.id('activity', 'back');
select tests.switch_triggers_off();

update public.activities set duration_minutes = 9 where id in (tests.id('activity', 'changed'), tests.id('activity', 'nina for olga'));
select is(cardinality(tests.gaps_after('select')), 3, 'two activities that differ, of which one is by proxy');
select is(tests.gaps_after('select', '2100-01-01'), '{}', 'nothing of them is of since then');
select is(
    array(select split_part(found, ' | ', 3) from unnest(tests.gaps_after(statement, '2100-01-01')) as found),
    case when is_of_since then array[tests.id('activity', name)::text] else '{}' end, statement
)
from (
    values
    ('changed', 'update public.activities set updated_at = %2$L where id = %1$L'),
    ('changed', 'update public.activities set created_at = %2$L where id = %1$L'),
    ('changed', 'update public.activity_changes set changed_at = %2$L where activity_id = %1$L and (after ->> ''duration_minutes'')::int = 51'),
    ('changed', 'update public.badge_evaluation_logs set triggered_at = %2$L where %1$L = any (activity_ids) and source = ''activity_update''')
) as deed (name, statement_with)
cross join (
    values ('2100-01-01 00:00', true), ('2099-12-31 23:59:59.999999', false)
) as given (at, is_of_since)
cross join format(statement_with, tests.id('activity', name), at) as statement;
select is(
    array(
        select split_part(found, ' | ', 1)
        from unnest(tests.gaps_after(
            format('update public.proxy_audit_log set "timestamp" = %L where proxy_activity_id = %L', at, tests.id('activity', 'nina for olga')),
            '2100-01-01'
        )) as found
    ), found, format('an entry of a proxy of %s', at)
)
from (
    values ('2100-01-01 00:00', array['activity_differs', 'proxy_differs']), ('2099-12-31 23:59:59.999999', '{}')
) as given (at, found);

-- Those that are looked at, as closely as all of them.
update public.activities set duration_minutes = 51 where id = tests.id('activity', 'changed');
update public.activities set duration_minutes = 60 where id = tests.id('activity', 'nina for olga');
select is(tests.gaps_after('select'), '{}', 'everything is as it was');
insert into private.activity_baseline values (tests.id('activity', 'berit''s'), sha256('another'));
delete from public.badge_evaluation_logs where tests.id('activity', 'berit''s') = any (activity_ids);
update private.completeness_baseline
set activities = 1, records_sha256 = sha256(sha256('another'));
update public.security_events
set details = details || jsonb_build_object('records_sha256', encode(sha256(sha256('another')), 'hex'))
where event_kind = 'completeness_began';
select is(
    array(select split_part(found, ' | ', 1) from unnest(tests.gaps_after('select')) as found), array['activity_differs'],
    'and one that was there before differs from the baseline'
);
select is(tests.gaps_after('select', '2100-01-01'), '{}', 'not of since then');
select is(
    tests.gaps_after(format('update public.activities set updated_at = ''2100-01-01'' where id = %L', tests.id('activity', 'back')), '2100-01-01'), '{}',
    'nor beside one that is'
);
select is(
    tests.gaps_after(format(statement || '; update public.activities set updated_at = ''2100-01-01''', tests.id('activity', name)), '2100-01-01'),
    tests.gaps_after(format(statement || '; update public.activities set updated_at = ''2100-01-01''', tests.id('activity', name))),
    format('of "%s": %s', name, statement)
)
from unnest(array['changed', 'back', 'proxy changed', 'nina for olga']) as name
cross join unnest(array[
    'select',
    'update public.activities set duration_minutes = 9 where id = %L',
    'delete from public.activity_changes where activity_id = %L and (after ->> ''duration_minutes'')::int in (50, 52)',
    'delete from public.proxy_audit_log where proxy_activity_id = %L'
]) as statement;
select is(
    array(
        select split_part(found, ' | ', 1)
        from unnest(tests.gaps_after(format('delete from public.activities where id = %L', tests.id('activity', name)), '2000-01-01')) as found
    ),
    array['activity_differs', 'entry_without_activity'], format('"%s" is gone', name)
)
from unnest(array['changed', 'nina for olga']) as name;
select is(
    tests.gaps_after(format('update public.activities set duration_minutes = 9 where id = %L', tests.id('activity', 'changed')), since::timestamptz),
    array(
        select concat_ws(' | ', 'activity_differs', log_name, tests.id('activity', name), detail)
        from (values ('berit''s', 'badge_evaluation_logs', 'the hash of its record'), ('changed', 'activity_changes', 'duration_minutes')) as known (name, log_name, detail)
        order by 1
    ), 'each is found once, however it came to be looked at: since ' || since
)
from unnest(array['2000-01-01', '-infinity']) as since;
select * from finish();
rollback;
