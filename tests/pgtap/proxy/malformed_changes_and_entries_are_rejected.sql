begin;
select plan(17);
select tests.make_two_organisations();
select tests.acts_as('authenticated', tests.id('user', 'nina'));
-- "SQLSTATE detail".
create function pg_temp.refusal(changes jsonb) returns text language plpgsql as $$
declare
    v_detail text;
begin
    perform public.update_proxy_activity(tests.id('activity', 'nina for olga'), refusal.changes);
    return 'done';
exception
    when others then
        get stacked diagnostics v_detail = pg_exception_detail;
        return sqlstate || ' ' || replace(v_detail, e'\n', ', ');
end
$$;
select is(pg_temp.refusal(changes), '22023 changes', 'changes are an object and not ' || coalesce(changes::text, 'null'))
from (values ('[]'::jsonb), ('"x"'), ('null'), (null)) as given (changes);
select is(pg_temp.refusal(changes), '22023 ' || fields, 'refused: ' || changes::text)
from (
    values
    ('{"id": "00000000-0000-4000-8000-000000000001"}'::jsonb, 'id'),
    ('{"id": "x"}', 'id'),
    ('{"unknown": 1}', 'unknown'),
    ('{"activity_type": null}', 'activity_type'),
    ('{"participant_count": null}', 'participant_count'),
    ('{"delivery_mode": null}', 'delivery_mode'),
    ('{"voided_at": "yesterday"}', 'voided_at'),
    ('{"voided_at": "2026-13-01 00:00"}', 'voided_at'),
    ('{"voided_at": "yesterday", "id": "x", "duration_minutes": 0}', 'duration_minutes, id, voided_at')
) as given (changes, fields);
select is(
    pg_temp.refusal(jsonb_build_object('mentor_id', tests.id('mentor', 'sara'), 'duration_minutes', 0)), 'PT404 duration_minutes, mentor_id',
    'whose it was is a field as any other'
);
select throws_ok(
    format('select from public.check_proxy_activities(%L)', entries), null, null,
    'entries are a list of 1 to 500 and not ' || left(entries, 20)
)
from (values ('{}'), ('[]'), ((select jsonb_agg(number) from generate_series(1, 501) as number)::text)) as given (entries);
select finish();
rollback;
