begin;
select plan(12);
select tests.make_two_organisations();
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select throws_ok(
    format('select public.update_proxy_activity(%L, %L)', tests.id('activity', 'nina for olga'), changes),
    '22023', null, 'changes are an object and not ' || coalesce(changes, 'null')
)
from (values ('[]'), ('"x"'), ('null'), (null)) as given (changes);
select throws_ok(
    format('select public.update_proxy_activity(%L, %L)', tests.id('activity', 'nina for olga'), changes),
    '22023', null, 'refused: ' || changes
)
from (
    values
    ('{"id": "00000000-0000-4000-8000-000000000001"}'),
    ('{"unknown": 1}'),
    ('{"participant_count": null}'),
    ('{"delivery_mode": null}'),
    ('{"voided_at": "yesterday"}')
) as given (changes);
select throws_ok(
    format('select from public.check_proxy_activities(%L)', entries), null, null,
    'entries are a list of 1 to 500 and not ' || left(entries, 20)
)
from (values ('{}'), ('[]'), ((select jsonb_agg(number) from generate_series(1, 501) as number)::text)) as given (entries);
select finish();
rollback;
