-- Whole: of whom, of which day, how many, the latest and each of them in order; at the hour of the organisation; and of nobody else's.
begin;
select plan(16);
select tests.make_two_organisations();
insert into public.organisation_settings (organisation_id, digest_at) values (tests.id('organisation', 'south'), '17:30');
update public.organisations set time_zone = 'America/New_York' where slug = 'south';
create function pg_temp.told(mentor text) returns table (payload jsonb, dedupe_key text, due text)
language sql
as $$
    select message.payload, message.dedupe_key, to_char(message.next_attempt_at at time zone organisation.time_zone, 'HH24:MI')
    from public.notifications as message
    inner join public.organisations as organisation on organisation.id = message.organisation_id
    where message.kind = 'proxy_registered' and message.recipient_mentor_id = tests.id('mentor', told.mentor)
    order by message.next_attempt_at
$$;
create function pg_temp.expected(mentor text, days int, latest_on date, variadic activities text[]) returns jsonb
language sql
as $$
    select jsonb_build_object(
        'mentor_id', mentor.id, 'activity_count', cardinality(activities), 'latest_on', latest_on,
        'activity_ids', (select jsonb_agg(tests.id('activity', name) order by position) from unnest(activities) with ordinality as listed (name, position)),
        'digest_on', (
            private.next_digest_at(organisation.time_zone, case organisation.slug when 'south' then time '17:30' else '08:00' end, now())
            at time zone organisation.time_zone
        )::date + days
    )
    from public.peer_mentors as mentor
    inner join public.organisations as organisation on organisation.id = mentor.organisation_id
    where mentor.id = tests.id('mentor', expected.mentor)
$$;
create function pg_temp.key(mentor text, days int) returns text
language sql
as $$ select format('proxy_registered:%s:%s', tests.id('mentor', mentor), (pg_temp.expected(mentor, days, null, 'x') ->> 'digest_on')) $$;
create function pg_temp.register(name text, mentor text, occurred_on date, coordinator text default 'nina', voided boolean default false) returns void
language sql
as $$
    insert into public.activities (id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes, voided_at)
    select
        tests.id('activity', register.name), organisation_id, id, tests.id('user', register.coordinator), 'walk', register.occurred_on, 30,
        case when register.voided then now() end
    from public.peer_mentors where id = tests.id('mentor', register.mentor)
$$;
-- In one statement: several of two mentors of two organisations, one that is their own, one that is voided.
insert into public.activities (id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes, voided_at)
select
    tests.id('activity', name), mentor.organisation_id, mentor.id, tests.id('user', coordinator), 'walk', occurred_on::date, 30,
    case name when 'voided' then now() end
from (
    values
    ('second', 'olga', 'nina', '2026-02-02'), ('first', 'olga', 'nina', '2026-02-01'), ('own', 'olga', null, '2026-02-09'),
    ('voided', 'olga', 'nina', '2026-02-09'), ('of sara', 'sara', 'sven', '2026-01-03')
) as given (name, mentor, coordinator, occurred_on)
inner join public.peer_mentors as mentor on mentor.id = tests.id('mentor', given.mentor);
select results_eq(
    'select * from pg_temp.told(''olga'')', $$ values (pg_temp.expected('olga', 0, '2026-02-02', 'first', 'second'), pg_temp.key('olga', 0), '08:00') $$,
    'what is registered for a mentor, by its day, and neither their own nor what is voided'
);
select results_eq(
    'select * from pg_temp.told(''sara'')', $$ values (pg_temp.expected('sara', 0, '2026-01-03', 'of sara'), pg_temp.key('sara', 0), '17:30') $$,
    'another organisation has its own hour'
);
select pg_temp.register('earlier', 'olga', '2026-01-01');
select results_eq(
    'select payload from pg_temp.told(''olga'')', $$ values (pg_temp.expected('olga', 0, '2026-02-02', 'first', 'second', 'earlier')) $$,
    'what follows is added, and the latest stays'
);
select pg_temp.register('later', 'olga', '2026-03-03');
select results_eq(
    'select payload from pg_temp.told(''olga'')', $$ values (pg_temp.expected('olga', 0, '2026-03-03', 'first', 'second', 'earlier', 'later')) $$,
    'unless it is later'
);

-- Of an update, only what says something else on their behalf.
delete from public.notifications;
update public.activities set place = 'oslo', role = 'leader' where id = tests.id('activity', 'first');
update public.activities set voided_at = now() where id = tests.id('activity', 'earlier');
update public.activities set duration_minutes = 31 where id in (tests.id('activity', 'earlier'), tests.id('activity', 'own'));
select is_empty('select from public.notifications', 'neither what is no statement about them, nor a void, nor what is voided, nor their own');
select is(
    (
        select array_agg(name order by name)
        from (
            values
            ('activity_type = ''visit'''), ('occurred_on = ''2026-02-05'''), ('duration_minutes = 45'), ('participant_count = 4'), ('delivery_mode = ''phone'''),
            ('coordinator_id = null')
        ) as change (name)
        where tests.outcome(
            'service_role', null, format('update public.activities set %s where id = %L', name, tests.id('activity', 'first'))
        ) <> '1'
    ), null, 'each of these can be changed'
);
create function pg_temp.told_after(statement text) returns text[]
language sql
as $$
    select tests.answers_after(
        told_after.statement,
        'select known.name || '' '' || (message.payload ->> ''activity_count'') '
        'from public.notifications as message '
        'inner join (values (''olga''), (''berit''), (''sara'')) as known (name) on tests.id(''mentor'', known.name) = message.recipient_mentor_id '
        'where message.kind = ''proxy_registered'' order by 1'
    )
$$;
select is(pg_temp.told_after(format('update public.activities set %s', change)), told, change)
from (
    values
    (
        'duration_minutes = 45, participant_count = 4, delivery_mode = ''phone'' where id in (tests.id(''activity'', ''first''), tests.id(''activity'', ''second''), '
        'tests.id(''activity'', ''of sara''), tests.id(''activity'', ''own''))', array['olga 2', 'sara 1']
    ),
    (
        'duration_minutes = case when id = tests.id(''activity'', ''first'') then 45 else duration_minutes end where id in '
        '(tests.id(''activity'', ''first''), tests.id(''activity'', ''second''))', array['olga 1']
    ),
    ('mentor_id = tests.id(''mentor'', ''berit'') where id = tests.id(''activity'', ''first'')', array['berit 1']),
    ('coordinator_id = tests.id(''user'', ''nina'') where id = tests.id(''activity'', ''own'')', array['olga 1']),
    ('voided_at = null where id = tests.id(''activity'', ''voided'')', array['olga 1']),
    ('coordinator_id = null, duration_minutes = 3 where id = tests.id(''activity'', ''first'')', '{}')
) as deed (change, told);
-- What is being sent, or was tried, is not changed: the next day's is, and the day's after that.
select is(
    (
        select pg_temp.told_after(format(
            'select pg_temp.register(''a'', ''olga'', ''2026-02-01''); update public.notifications set %1$s where kind = ''proxy_registered''; '
            'select pg_temp.register(''b'', ''olga'', ''2026-02-01''); update public.notifications set %1$s where kind = ''proxy_registered''; '
            'select pg_temp.register(''c'', ''olga'', ''2026-02-01''), pg_temp.register(''d'', ''olga'', ''2026-02-01'')', state
        ))
    ), array['olga 1', 'olga 1', 'olga 2'], 'each day has its message: ' || state
)
from unnest(array['attempts = 1', 'state = ''dead_lettered''']) as state;
select pg_temp.register('a', 'olga', '2026-02-01');
update public.notifications set attempts = 1;
select pg_temp.register('b', 'olga', '2026-02-01');
select results_eq(
    'select payload, dedupe_key from pg_temp.told(''olga'') offset 1', $$ values (pg_temp.expected('olga', 1, '2026-02-01', 'b'), pg_temp.key('olga', 1)) $$,
    'the next day''s is of that day, and of what came after'
);
-- However they come.
insert into public.activities (id, organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes)
select tests.id('activity', number::text), tests.id('organisation', 'north'), tests.id('mentor', 'berit'), tests.id('user', 'nina'), 'walk', date '2026-02-20' - number, 30
from generate_series(1, 12) as number;
select is(
    (select payload -> 'activity_ids' from pg_temp.told('berit')), (select jsonb_agg(tests.id('activity', number::text) order by number desc) from generate_series(1, 12) as number),
    'by their days'
);
select * from finish();
rollback;
