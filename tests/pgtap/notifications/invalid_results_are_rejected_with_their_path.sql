begin;
select tests.make_organisation('north');
-- "SQLSTATE detail", and whether any part of the answer repeats the value.
create function pg_temp.refusal(results jsonb) returns text language plpgsql as $$
declare
    v_detail text;
    v_hint text;
begin
    perform from public.complete_notifications(refusal.results);
    return 'done';
exception
    when others then
        get stacked diagnostics v_detail = pg_exception_detail, v_hint = pg_exception_hint;
        return sqlstate || ' ' || v_detail
            || case when concat(sqlerrm, v_detail, v_hint) like '%kari@example.org%' then ' with the value' else '' end;
end
$$;
create temporary table cases (more jsonb, answer text);
insert into cases values
('{"id": "kari@example.org"}', '22023 results[3].id'),
('{"id": null}', '22023 results[3].id'),
('{"worker": null}', '22023 results[3].worker'),
('{"worker": " "}', '22023 results[3].worker'),
('{"device_id": "kari@example.org"}', '22023 results[3].device_id'),
('{"device_id": 7}', '22023 results[3].device_id'),
('{"response_code": "kari@example.org"}', '22023 results[3].response_code'),
('{"response_code": 1e10}', '22023 results[3].response_code'),
('{"response_code": 200.5}', '22023 results[3].response_code'),
('{"response_code": 20}', '22023 results[3].response_code'),
('{"error_kind": "kari@example.org"}', '22023 results[3].error_kind'),
('{"retry_after": ["kari@example.org"]}', '22023 results[3].retry_after'),
('{"response_code": 503, "retry_after": "soon", "device_id": null, "error_kind": null}', 'done'),
('{"error_kind": "not_sent", "retry_after": 7}', 'done');
select plan((select count(*)::int from cases) + 5);
select is(
    pg_temp.refusal(
        jsonb_build_array(said.good, said.good, said.good, said.good || cases.more)
    ), cases.answer, cases.more::text
)
from cases
cross join (select jsonb_build_object('id', tests.id('message', 'none'), 'worker', 'w', 'response_code', 200) as good) as said;
select is(pg_temp.refusal('["kari@example.org"]'), '22023 results[0]', 'no object');
select is(pg_temp.refusal('{}'), '22023 results', 'no array');
select is(pg_temp.refusal('null'), '22023 results', 'nothing');
select is(pg_temp.refusal(null), '22023 results', 'null');
select throws_ok(
    'select public.complete_notifications(''[]'', null)', '22023', 'as_of must be a timestamp.', 'and it happened some time'
);
select * from finish();
rollback;
