begin;
select plan(6);
select tests.make_two_organisations();
select tests.make_chapter('tromso', 'north');
-- Nina is organisation-wide; make her a coordinator of the chapter too, and berit one of her own chapter.
select tests.make_coordinator('nina', 'north', 'oslo');
insert into public.coordinator_assignments (user_id, organisation_id, chapter_id)
values (tests.id('user', 'berit'), tests.id('organisation', 'north'), tests.id('chapter', 'bergen'));
select tests.make_certificate('olga', '2026-03-05');
select tests.make_certificate('berit', '2026-02-05');
select public.run_certification_expiry(date '2026-03-01');
create temporary view told as
select kind, payload ->> 'mentor_id' as mentor_id, recipient_mentor_id, recipient_user_id
from public.notifications where kind <> 'badge_awarded';

select set_eq(
    'select * from told',
    $$
    values
    ('certification_reminder', tests.id('mentor', 'olga')::text, tests.id('mentor', 'olga'), null::uuid),
    ('certification_reminder', tests.id('mentor', 'olga')::text, null, tests.id('user', 'nina')),
    ('certification_reminder', tests.id('mentor', 'olga')::text, null, tests.id('user', 'oskar')),
    ('certification_expired', tests.id('mentor', 'berit')::text, tests.id('mentor', 'berit'), null),
    ('certification_expired', tests.id('mentor', 'berit')::text, null, tests.id('user', 'nina'))
    $$,
    'the mentor, the chapter''s and the organisation''s coordinators; not another chapter''s'
);
select is((select count(*) from told), 5::bigint, 'each once, also who coordinates twice or is the mentor');
select is_empty(
    $$
    select item.* from public.notifications cross join lateral jsonb_each_text(payload) as item
    where item.value !~ '^([0-9a-f-]{36}|\d{4}-\d\d-\d\d)$' and kind <> 'badge_awarded'
    $$,
    'messages hold ids and dates, nothing else'
);
select public.run_certification_expiry(date '2026-03-02');
select is((select count(*) from told), 5::bigint, 'the next night tells nobody again');
select public.renew_certification(tests.id('mentor', 'berit'), '2026-03-02', '2199-03-02');
select public.transition_mentor_status(tests.id('mentor', 'berit'), 'paused');
select is(
    (select count(*) from told where kind = 'status_changed'), 4::bigint, 'each change by hand is told to both of them'
);
select is(
    (
        select string_agg(change.cause || ' ' || change.new_status, ', ' order by change.changed_at)
        from public.mentor_status_changes as change
        where change.id in (select (payload ->> 'status_change_id')::uuid from public.notifications where kind = 'status_changed')
    ),
    'renewal active, transition paused', 'and names the change in the history'
);
select * from finish();
rollback;
