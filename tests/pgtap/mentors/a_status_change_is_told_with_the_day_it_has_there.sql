begin;
select plan(5);
select tests.make_two_organisations();
update public.organisations set time_zone = 'Pacific/Kiritimati' where slug = 'north';
update public.organisations set time_zone = 'Pacific/Pago_Pago' where slug = 'south';
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select public.transition_mentor_status(tests.id('mentor', 'olga'), 'paused');
select public.transition_mentor_status(tests.id('mentor', 'berit'), 'paused');
reset role;
select results_eq(
    $$ select payload from public.notifications where kind = 'status_changed' and recipient_mentor_id = tests.id('mentor', 'olga') $$,
    $$
    select jsonb_build_object(
        'mentor_id', change.mentor_id, 'status_change_id', change.id, 'changed_on', (now() at time zone 'Pacific/Kiritimati')::date
    )
    from public.mentor_status_changes as change where change.mentor_id = tests.id('mentor', 'olga')
    $$,
    'the mentor is told once, of the day where they are'
);
select is(
    (select count(*) from public.notifications where kind = 'status_changed'), 2 + 3::bigint, 'and so are those who coordinate them'
);
select public.transition_mentor_status(tests.id('mentor', 'sara'), 'paused');
select is(
    (select payload ->> 'changed_on' from public.notifications where kind = 'status_changed' and recipient_mentor_id = tests.id('mentor', 'sara')),
    (now() at time zone 'Pacific/Pago_Pago')::date::text, 'for another it is another day'
);
select is(
    (select status_reason from public.transition_mentor_status(tests.id('mentor', mentor), 'active', reason => reason)), kept,
    format('of the reason %L is kept %L', reason, kept)
)
from (values ('olga', '  ', null), ('berit', ' back again ', 'back again')) as given (mentor, reason, kept);
select * from finish();
rollback;
