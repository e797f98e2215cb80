begin;
select tests.make_two_organisations();
create function pg_temp.entry(more jsonb default '{}', without text default '') returns jsonb language sql as $$
    select jsonb_build_object(
        'mentor_id', tests.id('mentor', 'olga'), 'activity_type', 'walk', 'occurred_on', '2026-02-01', 'duration_minutes', 30
    ) - without || more
$$;
-- "SQLSTATE detail", or "done".
create function pg_temp.refusal(entries jsonb) returns text language plpgsql as $$
declare
    v_detail text;
begin
    perform from public.register_proxy_activities(refusal.entries);
    return 'done';
exception
    when others then
        get stacked diagnostics v_detail = pg_exception_detail;
        return sqlstate || ' ' || replace(v_detail, e'\n', ', ');
end
$$;
create temporary table cases (entries jsonb, answer text);
insert into cases
select jsonb_build_array(pg_temp.entry('{"occurred_on": "2026-01-02"}'), given.entry), 'PL006 entries[1]' || given.place
from (
    values
    (pg_temp.entry('{"mentor_id": "olga"}'), '.mentor_id'),
    (pg_temp.entry('{"mentor_id": null}'), '.mentor_id'),
    (pg_temp.entry('{"mentor_id": 7}'), '.mentor_id'),
    (pg_temp.entry('{"mentor_id": ["7"]}'), '.mentor_id'),
    (pg_temp.entry('{}', 'mentor_id'), '.mentor_id'),
    (pg_temp.entry(jsonb_build_object('mentor_id', tests.id('mentor', 'none'))), '.mentor_id'),
    (pg_temp.entry(jsonb_build_object('mentor_id', tests.id('mentor', 'sara'))), '.mentor_id'),
    (pg_temp.entry(jsonb_build_object('mentor_id', tests.id('mentor', 'berit'))), '.mentor_id'),
    (pg_temp.entry('{"activity_type": "a long walk"}'), '.activity_type'),
    (pg_temp.entry('{"activity_type": ""}'), '.activity_type'),
    (pg_temp.entry('{"activity_type": true}'), '.activity_type'),
    (pg_temp.entry('{}', 'activity_type'), '.activity_type'),
    (pg_temp.entry('{"occurred_on": "2026-02-30"}'), '.occurred_on'),
    (pg_temp.entry('{"occurred_on": "2025-02-29"}'), '.occurred_on'),
    (pg_temp.entry('{"occurred_on": "2026-00-10"}'), '.occurred_on'),
    (pg_temp.entry('{"occurred_on": "01.02.2026"}'), '.occurred_on'),
    (pg_temp.entry('{"occurred_on": "today"}'), '.occurred_on'),
    (pg_temp.entry('{"occurred_on": "2026-02-01T10:00:00Z"}'), '.occurred_on'),
    (pg_temp.entry('{"occurred_on": 20260201}'), '.occurred_on'),
    (pg_temp.entry('{"occurred_on": "2199-12-31"}'), '.occurred_on'),
    (pg_temp.entry('{"occurred_on": "2200-01-01"}'), '.occurred_on'),
    (pg_temp.entry('{}', 'occurred_on'), '.occurred_on'),
    (pg_temp.entry('{"duration_minutes": 0}'), '.duration_minutes'),
    (pg_temp.entry('{"duration_minutes": -5}'), '.duration_minutes'),
    (pg_temp.entry('{"duration_minutes": 1441}'), '.duration_minutes'),
    (pg_temp.entry('{"duration_minutes": 30.5}'), '.duration_minutes'),
    (pg_temp.entry('{"duration_minutes": "30"}'), '.duration_minutes'),
    (pg_temp.entry('{"duration_minutes": 1e4000}'), '.duration_minutes'),
    (pg_temp.entry('{}', 'duration_minutes'), '.duration_minutes'),
    (pg_temp.entry('{"participant_count": 0}'), '.participant_count'),
    (pg_temp.entry('{"participant_count": 10001}'), '.participant_count'),
    (pg_temp.entry('{"participant_count": 100001}'), '.participant_count'),
    (pg_temp.entry('{"participant_count": "2"}'), '.participant_count'),
    (pg_temp.entry('{"participant_count": 1.5}'), '.participant_count'),
    (pg_temp.entry('{"delivery_mode": "in person"}'), '.delivery_mode'),
    (pg_temp.entry('{"delivery_mode": 1}'), '.delivery_mode'),
    (pg_temp.entry('{"delivery_mode": true}'), '.delivery_mode'),
    (pg_temp.entry('{"id": "1"}'), '.id'),
    (pg_temp.entry(jsonb_build_object('id', tests.id('activity', 'olga''s'))), '.id'),
    (pg_temp.entry(jsonb_build_object('id', tests.id('activity', 'nina for olga'))), '.id'),
    (pg_temp.entry(jsonb_build_object('id', tests.id('activity', 'sara''s'))), '.id'),
    (pg_temp.entry('{"coordinator_id": "x"}'), '.coordinator_id'),
    (pg_temp.entry('{"voided_at": null}'), '.voided_at'),
    (pg_temp.entry('{"Kari Nordmann, tlf. 99887766": 1}'), '.?'),
    ('7', ''), ('null', ''), ('"x"', ''), ('[]', '')
) as given (entry, place);
insert into cases values
(null, 'PL006 entries'), ('null', 'PL006 entries'), ('{}', 'PL006 entries'), ('"x"', 'PL006 entries'), ('[]', 'PL006 entries'),
((select jsonb_agg(pg_temp.entry()) from generate_series(1, 501)), 'PL006 entries'),
(
    (
        select jsonb_agg(pg_temp.entry(jsonb_build_object('occurred_on', date '2024-01-01' + number)) || case number
            when 17 then '{"mentor_id": "x", "duration_minutes": 0}' when 499 then '{"occurred_on": "x"}' else '{}'
        end::jsonb)
        from generate_series(0, 499) as number
    ),
    'PL006 entries[17].duration_minutes, entries[17].mentor_id, entries[499].occurred_on'
),
(
    jsonb_build_array(
        pg_temp.entry(jsonb_build_object('id', tests.id('activity', 'new'))),
        pg_temp.entry(jsonb_build_object('id', tests.id('activity', 'new'), 'occurred_on', '2026-02-02'))
    ),
    'PL006 entries[1].id'
),
(
    jsonb_build_array(
        pg_temp.entry(jsonb_build_object('id', tests.id('activity', 'new'))),
        pg_temp.entry(jsonb_build_object('id', tests.id('activity', 'new'), 'mentor_id', tests.id('mentor', 'berit')))
    ),
    'PL006 entries[1].id, entries[1].mentor_id'
),
(jsonb_build_array(pg_temp.entry('{"id": "1"}'), pg_temp.entry('{"id": "1"}')), 'PL006 entries[0].id, entries[1].id'),
(
    jsonb_build_array(pg_temp.entry('{"id": "1", "occurred_on": "2026-01-15", "duration_minutes": 1440}')),
    'PL006 entries[0].id, entries[0].duration_minutes'
),
(jsonb_build_array(pg_temp.entry('{"id": null, "participant_count": null, "delivery_mode": null}')), 'done'),
(jsonb_build_array(pg_temp.entry('{"participant_count": 10000, "occurred_on": "2026-02-02"}')), 'done'),
(jsonb_build_array(pg_temp.entry('{"occurred_on": "2024-02-29", "duration_minutes": 1.440e3, "activity_type": "A-b_9"}')), 'done');
grant select on cases to public;

select plan((select count(*)::int from cases) + 7);
create temporary table before as select tests.fingerprint('public.activities') as activities, tests.fingerprint('public.proxy_audit_log') as log;
grant select on before to public;
select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select is(pg_temp.refusal(entries), answer, left(entries::text, 220) || ': ' || answer) from cases where answer <> 'done';
select is(tests.fingerprint('public.activities'), activities, 'none of the good ones was saved') from before;
select is(tests.fingerprint('public.proxy_audit_log'), log, 'nor logged') from before;
select is(pg_temp.refusal(entries), answer, left(entries::text, 220) || ': ' || answer) from cases where answer = 'done';
select throws_ok(
    format('select public.register_proxy_activities(%L)', jsonb_build_array(pg_temp.entry('{"duration_minutes": 0}'))),
    'PL006', 'Nothing was saved: entries[0].duration_minutes is not a whole number from 1 to 1440.', 'one fault is said in a sentence'
);
select throws_ok(
    format(
        'select public.register_proxy_activities(%L)',
        jsonb_build_array(pg_temp.entry('{"occurred_on": "2026-02-04"}'), pg_temp.entry('{"occurred_on": "2026-02-04"}'), pg_temp.entry('{"duration_minutes": 0}'))
    ),
    'PL006', 'Nothing was saved: entries[2].duration_minutes is not a whole number from 1 to 1440.', 'what is wrong, not what is only doubtful'
);
select throws_ok(
    format('select public.register_proxy_activities(%L)', jsonb_build_array(pg_temp.entry('{"duration_minutes": 0, "id": 7}'))),
    'PL006', 'Nothing was saved, for 2 reasons. The first: entries[0].duration_minutes is not a whole number from 1 to 1440.',
    'of several the first'
);
select set_eq(
    $$
    select path from public.check_proxy_activities(jsonb_build_array('{}'::jsonb, pg_temp.entry(
        '{"id": 1, "mentor_id": 1, "activity_type": 1, "occurred_on": 1, "duration_minutes": "1", "participant_count": "1", "delivery_mode": 1}'
    )))
    where reason = 'is missing'
    $$,
    array['entries[0].mentor_id', 'entries[0].activity_type', 'entries[0].occurred_on', 'entries[0].duration_minutes'],
    'what is there and cannot be read is not said to be missing'
);
select results_eq(
    $$
    select path, total_count
    from public.check_proxy_activities(
        jsonb_build_array(
            pg_temp.entry('{"duration_minutes": 0, "activity_type": "a walk"}'), pg_temp.entry('{"occurred_on": "2026-02-03"}'),
            pg_temp.entry('{"occurred_on": "2026-02-03"}'),
            pg_temp.entry(jsonb_build_object('mentor_id', tests.id('mentor', 'berit'), 'participant_count', 0))
        ),
        page_limit => 3, page_offset => 1
    )
    $$,
    $$ values ('entries[0].duration_minutes', 5::bigint), ('entries[2]', 5), ('entries[3].mentor_id', 5) $$,
    'all faults are in the order of the entries and their fields, a page at a time'
);
select * from finish();
rollback;
