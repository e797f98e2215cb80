-- By organisation and by case; one that was lifted is over.
begin;
select plan(11);
select tests.make_two_organisations();
create temporary table holds as
select name, (public.set_legal_hold(tests.id('organisation', organisation), case_reference)).id
from (
    values ('north 1', 'north', 'DPA-1'), ('north 2', 'north', 'DPA-2'), ('south 1', 'south', 'DPA-1')
) as hold (name, organisation, case_reference);
select is((select count(distinct id) from holds), 3::bigint, 'each is one of its own');
select is(
    (public.set_legal_hold(tests.id('organisation', 'south'), 'DPA-1')).id, (select id from holds where name = 'south 1'),
    'set again it is the one of that organisation'
);
select is(
    (public.set_legal_hold(tests.id('organisation', 'north'), 'DPA-2')).id, (select id from holds where name = 'north 2'),
    'and of that case'
);
select is((public.lift_legal_hold(id)).id, id, 'one of them is lifted') from holds where name = 'north 1';
select results_eq(
    'select hold.name from holds as hold inner join public.legal_holds as kept using (id) where kept.lifted_at is null order by 1',
    array['north 2', 'south 1'], 'the others are still on'
);
select is(
    tests.outcome('service_role', null, format('select public.lift_legal_hold(%L)', id)), 'PT404', 'it cannot be lifted again'
)
from holds where name = 'north 1';
select isnt(
    (public.set_legal_hold(tests.id('organisation', 'north'), 'DPA-1')).id, (select id from holds where name = 'north 1'),
    'the same case can be held anew'
);
select is(
    (select array_agg(distinct (public.set_legal_hold(tests.id('organisation', 'north'), 'DPA-1')).lifted_at) from generate_series(1, 2)),
    array[null::timestamptz], 'and set again it is the one that is on'
);
select is(
    tests.refusal(format('select public.set_legal_hold(%L, %L)', tests.id('organisation', 'north'), reference)), refused, 'a case that could be somebody: ' || reference
)
from (values ('41234567', '22023 case_reference'), ('DPA-9', 'done')) as given (reference, refused);
select results_eq(
    $$
        select event_kind, organisation_id, details from public.security_events
        where organisation_id = tests.id('organisation', 'south') order by occurred_at
    $$,
    $$
        select 'legal_hold_set', tests.id('organisation', 'south'), jsonb_build_object('legal_hold_id', id) from holds where name = 'south 1'
    $$, 'each is recorded with the hold that it is'
);
select finish();
rollback;
