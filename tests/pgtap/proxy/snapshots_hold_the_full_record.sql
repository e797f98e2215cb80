begin;
select plan(8);
select tests.make_two_organisations();
-- What other triggers make of a row is in it.
create function pg_temp.round_up() returns trigger language plpgsql as $$
begin
    new.duration_minutes := ceil(new.duration_minutes / 5.0) * 5;
    return new;
end
$$;
create trigger _900_round_up before insert or update on public.activities for each row execute function pg_temp.round_up();
set local time zone 'Asia/Tokyo';
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select public.register_proxy_activity(
    tests.id('mentor', 'olga'), 'walk', '2026-02-01', 31, tests.id('activity', 'new'), 3, 'online'
);
create temporary table first as
select payload_snapshot from public.proxy_audit_log where proxy_activity_id = tests.id('activity', 'new');

select results_eq(
    'select key from first cross join jsonb_object_keys(payload_snapshot) as key order by key collate "C"',
    $$
    values
    ('activity_type'), ('attributed_mentor_id'), ('coordinator_id'), ('created_at'), ('delivery_mode'), ('duration_minutes'),
    ('id'), ('occurred_on'), ('organisation_id'), ('participant_count'), ('updated_at'), ('voided_at')
    $$,
    'all of the record and nothing else'
);
select is(payload_snapshot ->> 'duration_minutes', '35', 'after the BEFORE triggers') from first;
select is(payload_snapshot ->> 'created_at' ~ '^20.*\+00:00$', true, 'in UTC') from first;

create function pg_temp.differences() returns setof text language sql as $$
    select field.key
    from public.activities as activity
    cross join lateral (
        select payload_snapshot
        from public.proxy_audit_log
        where proxy_activity_id = activity.id
        order by "timestamp" desc
        limit 1
    ) as newest
    cross join jsonb_each_text(newest.payload_snapshot) as field
    where
        activity.id = tests.id('activity', 'new')
        and field.value is distinct from case
            when field.key in ('created_at', 'updated_at', 'voided_at') then (
                select to_jsonb(time at time zone 'utc') #>> '{}' || '+00:00'
                from (select (to_jsonb(activity) ->> field.key)::timestamptz as time) as same
            )
            else to_jsonb(activity) ->> replace(field.key, 'attributed_', '')
        end
$$;
select is_empty('select pg_temp.differences()', 'the newest entry is the record');
select public.update_proxy_activity(
    tests.id('activity', 'new'),
    jsonb_build_object(
        'mentor_id', tests.id('mentor', 'berit'), 'duration_minutes', 42, 'occurred_on', '2026-02-02', 'delivery_mode', 'phone',
        'voided_at', '2026-03-01T12:00:00+01:00', 'participant_count', 1, 'activity_type', 'talk'
    )
);
select is_empty('select pg_temp.differences()', 'also after a change of everything');
select is(
    (select payload_snapshot ->> 'attributed_mentor_id' from public.proxy_audit_log where event_type = 'updated'),
    tests.id('mentor', 'berit')::text, 'which is another one'
);
select results_eq(
    $$
    select payload_snapshot from public.proxy_audit_log
    where proxy_activity_id = tests.id('activity', 'new') and event_type = 'created'
    $$,
    'table first', 'and the first is what it was'
);
select isnt_empty(
    $$
    select from public.proxy_audit_log
    where proxy_activity_id = tests.id('activity', 'new') and "timestamp" between now() and clock_timestamp()
    $$,
    'stamped with the time it was written'
);
select * from finish();
rollback;
