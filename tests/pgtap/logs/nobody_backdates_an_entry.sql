-- Every log stamps the time of what others than our own functions add, and no entry takes the id of another.
begin;
select plan(31);
select tests.make_two_organisations();
create temporary table samples as
select *
from (
    values
    ('activity_changes', jsonb_build_object('activity_id', gen_random_uuid(), 'mentor_id', gen_random_uuid(), 'change_kind', 'deleted', 'before', '{}'::jsonb)),
    ('administrative_changes', jsonb_build_object('subject_kind', 'mentor', 'subject_id', gen_random_uuid(), 'change_kind', 'moved')),
    ('badge_evaluation_logs', jsonb_build_object('peer_mentor_id', gen_random_uuid(), 'duration_ms', 1, 'source', 'manual')),
    ('certification_expiry_audit_log', jsonb_build_object('run_id', gen_random_uuid(), 'mentor_id', gen_random_uuid(), 'event_type', 'reminder_failed')),
    ('hlf_sync_audit_log', jsonb_build_object('mentor_id', gen_random_uuid(), 'operation', 'remove', 'outcome', 'success', 'triggered_by_event', 'reconciliation')),
    (
        'mentor_status_changes',
        jsonb_build_object('mentor_id', gen_random_uuid(), 'old_status', 'active', 'new_status', 'paused', 'cause', 'direct', 'changed_at', now())
    ),
    ('proxy_audit_log', jsonb_build_object('proxy_activity_id', tests.id('activity', 'nina for olga'), 'event_type', 'updated')),
    ('security_events', jsonb_build_object('event_kind', 'reported'))
) as sample (log_name, content);
select set_eq('select log_name from samples', 'select log_name from private.logs', 'a sample of each log');

create function pg_temp.add(log text, more jsonb) returns text language sql as $$
    select format(
        'insert into public.%I (%s) select %2$s from jsonb_populate_record(null::public.%1$I, %3$L) returning to_jsonb(%1$I)',
        add.log, string_agg(quote_ident(key), ', '), jsonb_object_agg(key, value)
    )
    from jsonb_each(
        (select sample.content from samples as sample where sample.log_name = add.log)
        || jsonb_build_object(
            (select organisation_column from private.logs as log where log.log_name = add.log), tests.id('organisation', 'north')
        )
        || add.more
    )
$$;
create function pg_temp.added(log text, more jsonb) returns jsonb language plpgsql as $$
declare
    v_statement text := pg_temp.add(added.log, added.more);
    v_entry jsonb;
begin
    perform tests.acts_as('service_role');
    execute v_statement into v_entry;
    perform set_config('role', 'none', true);
    return v_entry;
end
$$;
grant select on samples to public;

select is(
    abs(extract(epoch from clock_timestamp() - (pg_temp.added(log_name, jsonb_build_object(time_column, earliest)) ->> time_column)::timestamptz)) < 600,
    true, log_name || ': this month is now'
)
from private.logs
cross join (select greatest(date_trunc('month', now() at time zone 'utc') at time zone 'utc', now() - interval '3 days') as earliest) as clock
order by log_name;
select is(
    (
        select array_agg(distinct tests.outcome('service_role', null, pg_temp.add(log_name, jsonb_build_object(time_column, at))))
        from unnest(array['2019-05-01T00:00:00Z', '2199-05-01T00:00:00Z', 'infinity', null]) as at
    ),
    array['42501'], log_name || ': no other month'
)
from private.logs order by log_name;
select is(tests.outcome('service_role', null, pg_temp.add(log_name, jsonb_build_object('id', pg_temp.added(log_name, '{}') ->> 'id'))), '23505', log_name || ': an id is given once')
from private.logs order by log_name;

-- The staff restores history.
select is(
    tests.outcome('peerledger_owner', null, pg_temp.add('badge_evaluation_logs', '{"triggered_at": "2019-05-01T00:00:00Z"}')), '1',
    'history keeps its time'
);

-- A coordinator hears of an id only where they see the entry.
create temporary table known as
select log.id, organisation.slug
from public.proxy_audit_log as log
inner join public.organisations as organisation on organisation.id = log.organisation_id
where log.proxy_activity_id = tests.id('activity', 'nina for olga')
limit 1;
select tests.make_activity('sven for sara', 'sara', 'sven');
create temporary table coordinators as
select 'nina' as name, 'nina for berit' as activity union all select 'sven', 'sven for sara';
create function pg_temp.forge(coordinator text) returns text language sql as $$
    select format(
        'insert into public.proxy_audit_log (id, proxy_activity_id, event_type) values (%L, %L, ''updated'') returning id',
        (select id from known), (select tests.id('activity', activity) from coordinators where name = forge.coordinator)
    )
$$;
create temporary table forgeries as select name, pg_temp.forge(name) as statement from coordinators;
select is(tests.outcome('authenticated', tests.id('user', 'nina'), statement), '23505', 'the id of an entry that they see')
from forgeries where name = 'nina';
select is(tests.outcome('authenticated', tests.id('user', 'sven'), statement), '1', 'of one that they do not see there is no word')
from forgeries where name = 'sven';
grant select on forgeries to public;
select tests.acts_as('authenticated', tests.id('user', 'sven'));
do $$ begin execute (select statement from forgeries where name = 'sven'); end $$;
reset role;
select is((select count(*) from public.proxy_audit_log where id = (select id from known)), 1::bigint, 'and it gets an id of its own');

select is_empty(
    $$
    select log.log_name
    from private.logs as log
    where
        not exists (
            select
            from pg_trigger as trigger
            where
                trigger.tgrelid = to_regclass('public.' || log.log_name)
                and trigger.tgname = '_040_stamp_entry'
                and trigger.tgenabled = 'A'
        )
    $$,
    'in every log'
);
alter table public.hlf_sync_audit_log disable trigger _040_stamp_entry;
select isnt_empty(
    $$ select from private.log_guards() where log_name = 'hlf_sync_audit_log' and problem like '%_040_stamp_entry%' $$,
    'and where it is off, the guards say so'
);
select * from finish();
rollback;
