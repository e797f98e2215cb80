-- What is done with the triggers off leaves no entry, and is found: whatever it is, and whatever is on record of the activity before
-- and after it. What goes the ordinary way is not.
begin;
select plan(63);
select tests.make_two_organisations();
create function pg_temp.gap("check" text, log_name text, activity text, detail text default null) returns text
language sql
as $$ select concat_ws(' | ', "check", log_name, tests.id('activity', activity), detail) $$;

-- Each kind of past that an activity can have: registered, changed, voided, deleted, registered again, by proxy, unevaluated.
select tests.make_activity(name, 'olga') from unnest(array['changed', 'gone', 'back', 'back and changed']) as name;
update public.activities set duration_minutes = 50 where id = tests.id('activity', 'changed');
update public.activities set duration_minutes = 51 where id = tests.id('activity', 'changed');
update public.activities set duration_minutes = 49 where id = tests.id('activity', 'back');
delete from public.activities where id in (tests.id('activity', 'gone'), tests.id('activity', 'back'), tests.id('activity', 'back and changed'));
select tests.make_activity(name, 'olga') from unnest(array['back', 'back and changed']) as name;
update public.activities set duration_minutes = 52 where id = tests.id('activity', 'back and changed');
select tests.make_activity('proxy gone', 'olga', 'nina'), tests.make_activity('proxy changed', 'olga', 'nina');
update public.activities set duration_minutes = 53 where id = tests.id('activity', 'proxy changed');
update public.activities set voided_at = now() where id = tests.id('activity', 'nina for berit');
delete from public.activities where id = tests.id('activity', 'proxy gone');
select tests.make_activity('evaluated once', 'sara'), tests.make_activity('own again', 'olga', 'nina');
delete from public.activities where id = tests.id('activity', 'evaluated once');
update public.activities set coordinator_id = null where id = tests.id('activity', 'own again');
insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'south'), false);
select tests.make_activity('evaluated once', 'sara');
select tests.make_activity(name, 'sara') from unnest(array['unevaluated', 'unevaluated and changed']) as name;
update public.activities set duration_minutes = 54 where id = tests.id('activity', 'unevaluated and changed');
select is(tests.gaps_after('select'), '{}', 'what goes the ordinary way is complete');

select tests.switch_triggers_off();
select is(tests.gaps_after('select'), '{}', 'nor does it matter that nobody looks');

-- Every column, of an activity of which only the hash is known, of one that was changed and of a proxy.
select is(
    tests.gaps_after(format('update public.activities set %s where id = %L', change, tests.id('activity', activity))),
    case activity
        when 'olga''s' then array[pg_temp.gap('activity_differs', 'badge_evaluation_logs', activity, 'the hash of its record')]
        when 'changed' then array[pg_temp.gap('activity_differs', 'activity_changes', activity, coalesce(field, split_part(change, ' ', 1)))]
        else array[pg_temp.gap('activity_differs', 'activity_changes', activity, coalesce(field, split_part(change, ' ', 1)))]
            || case when is_of_proxies then array[pg_temp.gap('proxy_differs', 'proxy_audit_log', activity)] else '{}' end
    end,
    format('of "%s": %s', activity, change)
)
from unnest(array['olga''s', 'changed', 'proxy changed']) as activity
cross join (
    values
    ('activity_type = ''visit''', null, true), ('occurred_on = ''2026-01-14''', null, true), ('duration_minutes = 7', null, true),
    ('participant_count = 9', null, true), ('delivery_mode = ''phone''', null, true), ('voided_at = now()', null, true),
    ('mentor_id = tests.id(''mentor'', ''berit'')', 'attributed_mentor_id', true),
    ('created_at = created_at - interval ''1 second''', null, true), ('role = ''leader''', null, false), ('place = ''abroad''', null, false),
    ('event_id = id', null, false)
) as deed (change, field, is_of_proxies);
select is(
    tests.gaps_after('update public.activities set place = ''abroad'', delivery_mode = ''phone'' where id = tests.id(''activity'', ''changed'')'),
    array[pg_temp.gap('activity_differs', 'activity_changes', 'changed', 'delivery_mode, place')], 'all columns are named'
);
select is(
    tests.gaps_after('update public.activities set updated_at = now() + interval ''1 day'' where id = tests.id(''activity'', ''changed'')'),
    '{}', 'but for the time of the change, which its entry has'
);
select is(tests.gaps_after(statement), found, statement)
from (
    values
    (
        'update public.activities set organisation_id = tests.id(''organisation'', ''south''), mentor_id = tests.id(''mentor'', ''sara'')'
        ' where id = tests.id(''activity'', ''proxy changed'')',
        array[
            pg_temp.gap('activity_differs', 'activity_changes', 'proxy changed', 'attributed_mentor_id, organisation_id'),
            pg_temp.gap('proxy_differs', 'proxy_audit_log', 'proxy changed')
        ]
    ),
    (
        'update public.activities set duration_minutes = 60 where id = tests.id(''activity'', ''proxy changed'')',
        array[
            pg_temp.gap('activity_differs', 'activity_changes', 'proxy changed', 'duration_minutes'),
            pg_temp.gap('proxy_differs', 'proxy_audit_log', 'proxy changed')
        ]
    ),
    (
        'update public.activities set coordinator_id = null where id = tests.id(''activity'', ''proxy changed'')',
        array[
            pg_temp.gap('activity_differs', 'activity_changes', 'proxy changed', 'coordinator_id'),
            pg_temp.gap('proxy_differs', 'proxy_audit_log', 'proxy changed')
        ]
    ),
    (
        'update public.activities set coordinator_id = tests.id(''user'', ''nina'') where id = tests.id(''activity'', ''own again'')',
        array[
            pg_temp.gap('activity_differs', 'activity_changes', 'own again', 'coordinator_id'),
            pg_temp.gap('proxy_differs', 'proxy_audit_log', 'own again')
        ]
    ),
    (
        'update public.activities set duration_minutes = 9 where id = tests.id(''activity'', ''own again'')',
        array[pg_temp.gap('activity_differs', 'activity_changes', 'own again', 'duration_minutes')]
    ),
    (
        'update public.activities set coordinator_id = tests.id(''user'', ''nina'') where id = tests.id(''activity'', ''changed'')',
        array[
            pg_temp.gap('activity_differs', 'activity_changes', 'changed', 'coordinator_id'),
            pg_temp.gap('proxy_without_entry', 'proxy_audit_log', 'changed')
        ]
    ),
    (
        'update public.activities set duration_minutes = 9 where id = tests.id(''activity'', ''unevaluated'')',
        array[pg_temp.gap('activity_differs', 'activity_changes', 'unevaluated', 'duration_minutes')]
    ),
    (
        'update public.activities set duration_minutes = 9 where id = tests.id(''activity'', ''back'')',
        array[pg_temp.gap('activity_differs', 'badge_evaluation_logs', 'back', 'the hash of its record')]
    ),
    (
        'update public.activities set duration_minutes = 9 where id = tests.id(''activity'', ''back and changed'')',
        array[pg_temp.gap('activity_differs', 'activity_changes', 'back and changed', 'duration_minutes')]
    ),
    -- Registered by nobody.
    ('select tests.make_activity(''new'', ''olga'')', array[pg_temp.gap('activity_without_entry', 'badge_evaluation_logs', 'new')]),
    (
        'select tests.make_activity(''new'', ''olga'', ''nina'')',
        array[
            pg_temp.gap('activity_without_entry', 'badge_evaluation_logs', 'new'),
            pg_temp.gap('proxy_without_entry', 'proxy_audit_log', 'new')
        ]
    ),
    ('select tests.make_activity(''gone'', ''olga'')', array[pg_temp.gap('activity_differs', 'activity_changes', 'gone', 'it was deleted')]),
    -- Deleted by nobody.
    (
        'delete from public.activities where id in (tests.id(''activity'', ''olga''''s''), tests.id(''activity'', ''changed''), '
        'tests.id(''activity'', ''back''), tests.id(''activity'', ''back and changed''), tests.id(''activity'', ''proxy changed''), '
        'tests.id(''activity'', ''unevaluated''))',
        array(
            select pg_temp.gap('entry_without_activity', 'activity_changes', activity)
            from unnest(array['olga''s', 'changed', 'back', 'back and changed', 'proxy changed', 'unevaluated']) as activity
            order by 1
        )
    )
) as deed (statement, found);

-- An entry that somebody added, changed or took away.
create function pg_temp.not_connected(activity text, minutes int) returns text
language sql
as $$
    select pg_temp.gap('changes_do_not_connect', 'activity_changes', activity, (changed_at at time zone 'utc')::text || '+00')
    from public.activity_changes
    where activity_id = tests.id('activity', activity) and (after ->> 'duration_minutes')::int = minutes
$$;
select is(tests.gaps_after(statement), found, statement)
from (
    values
    (
        'update public.activity_changes set before = before || ''{"duration_minutes": 49}'' where (after ->> ''duration_minutes'')::int = 51',
        array[pg_temp.not_connected('changed', 51)]
    ),
    (
        'update public.activity_changes set before = before || ''{"duration_minutes": 49}'' where (after ->> ''duration_minutes'')::int = 50',
        array[pg_temp.not_connected('changed', 50)]
    ),
    (
        'delete from public.activity_changes where (after ->> ''duration_minutes'')::int = 50',
        array[pg_temp.not_connected('changed', 51)]
    ),
    (
        'update public.activity_changes set before = before || ''{"duration_minutes": 49}'' where (after ->> ''duration_minutes'')::int = 52',
        array[pg_temp.not_connected('back and changed', 52)]
    ),
    (
        'update public.activity_changes set before = before || ''{"duration_minutes": 49}'' where (after ->> ''duration_minutes'')::int = 54',
        array[pg_temp.not_connected('unevaluated and changed', 54)]
    ),
    (
        'delete from public.activity_changes where activity_id = tests.id(''activity'', ''unevaluated'')',
        array[pg_temp.gap('activity_without_entry', 'badge_evaluation_logs', 'unevaluated')]
    ),
    (
        'delete from public.proxy_audit_log where proxy_activity_id = tests.id(''activity'', ''nina for olga'')',
        array[pg_temp.gap('proxy_without_entry', 'proxy_audit_log', 'nina for olga')]
    ),
    (
        'insert into public.activity_changes (organisation_id, activity_id, mentor_id, change_kind, before) '
        'select organisation_id, activity_id, mentor_id, ''deleted'', after from public.activity_changes '
        'where (after ->> ''duration_minutes'')::int = 51',
        array[pg_temp.gap('activity_differs', 'activity_changes', 'changed', 'it was deleted')]
    )
) as deed (statement, found);

-- What was registered by nobody has no beginning, also when it is changed the ordinary way afterwards.
create function pg_temp.changed(activity text, minutes int) returns void
language plpgsql
as $$
begin
    alter table public.activities enable trigger _400_record_changes_updated;
    update public.activities set duration_minutes = changed.minutes where id = tests.id('activity', changed.activity);
    alter table public.activities disable trigger _400_record_changes_updated;
end
$$;
select is(
    array(select regexp_replace(found, ' \| 20.*', '') from unnest(tests.gaps_after(statement)) as found),
    array[pg_temp.gap('changes_do_not_connect', 'activity_changes', activity)], description
)
from (
    values
    ('new', 'select tests.make_activity(''new'', ''olga''); select pg_temp.changed(''new'', 9)', 'one that is new'),
    ('gone', 'select tests.make_activity(''gone'', ''olga''); select pg_temp.changed(''gone'', 9)', 'one that is there again'),
    (
        'olga''s',
        'update public.activities set duration_minutes = 8 where id = tests.id(''activity'', ''olga''''s''); select pg_temp.changed(''olga''''s'', 9)',
        'one that was another meanwhile'
    ),
    (
        'changed',
        'update public.activities set duration_minutes = 8 where id = tests.id(''activity'', ''changed''); select pg_temp.changed(''changed'', 9)',
        'one that was changed before, too'
    )
) as deed (activity, statement, description);
select is(
    tests.gaps_after('select pg_temp.changed(''olga''''s'', 9), pg_temp.changed(''changed'', 9)'), '{}', 'and of the others there is nothing to say'
);
select * from finish();
rollback;
