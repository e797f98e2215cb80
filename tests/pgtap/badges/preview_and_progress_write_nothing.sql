begin;
select plan(19);
select tests.make_two_organisations();
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), 'a', 'A', '{"any": [{"metric": "minutes_total", "at_least": 240}, {"metric": "distinct_days", "at_least": 4}]}');
update public.peer_mentors set user_id = null where id = tests.id('mentor', 'berit');

select tests.acts_as('authenticated', tests.id('user', 'nina'));
select set_eq(
    $$ select mentor_id, qualified_on, would_notify
    from public.preview_badge(tests.id('organisation', 'north'), '{"metric": "activity_count", "at_least": 2}') $$,
    $$ values
    (tests.id('mentor', 'olga'), date '2026-01-15', true),
    (tests.id('mentor', 'berit'), '2026-01-15', false) $$,
    'who would get it, since when, and whom a message would reach'
);
reset role;
insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'north'), false);
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is(
    (
        select array_agg(distinct would_notify)
        from public.preview_badge(tests.id('organisation', 'north'), '{"metric": "activity_count", "at_least": 2}')
    ),
    '{false}', 'with badges switched off nobody is told'
);
select throws_ok(
    $$ select public.preview_badge(tests.id('organisation', 'south'), '{"metric": "activity_count", "at_least": 2}') $$,
    'PT404', null, 'not for another organisation'
);
select throws_ok(
    $$ select public.preview_badge(tests.id('organisation', 'north'), '{"metric": "x"}') $$, 'PL001', null, 'bad criteria are told'
);
select results_eq(
    format(
        'select mentor_id, total_count from public.preview_badge(%L, ''{"metric": "activity_count", "at_least": 2}'', 1, %s)',
        tests.id('organisation', 'north'), number
    ),
    format(
        'select id, 2::bigint from public.peer_mentors where organisation_id = %L order by id offset %s limit 1',
        tests.id('organisation', 'north'), number
    ),
    format('page %s of two, and how many there are', number + 1)
)
from generate_series(0, 1) as number;
select throws_ok(
    $$ select public.preview_badge(tests.id('organisation', 'north'), '{"metric": "x"}', -1) $$, '22023', null, 'a page has a size'
);
reset role;
select throws_ok(
    format($$ select public.preview_badge(%L, '{"metric": "badge_earned", "badge": "unknown"}') $$, tests.id('organisation', 'north')),
    'PL001', null, 'a badge that nobody has defined cannot be needed'
);
update public.organisation_settings set badges_enabled = true;
insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'south'), false);
select set_eq(
    $$ select mentor_id, would_notify from public.preview_badge(tests.id('organisation', 'north'), '{"metric": "activity_count", "at_least": 2}') $$,
    $$ values (tests.id('mentor', 'olga'), true), (tests.id('mentor', 'berit'), false) $$, 'what another organisation switched off does not matter'
);
-- Who was first comes first, of the same day by id.
insert into public.activities (organisation_id, mentor_id, activity_type, occurred_on, duration_minutes)
select tests.id('organisation', 'north'), mentor_id, 'visit', day, 10
from (
    select tests.make_mentor('mentor ' || day || number, 'north') as mentor_id, day
    from unnest('{2026-01-20, 2026-01-03, 2026-01-09}'::date[]) as day cross join generate_series(1, 4) as number
) as made
order by random();
select results_eq(
    $$ select qualified_on, mentor_id from public.preview_badge(tests.id('organisation', 'north'), '{"metric": "activity_count", "at_least": 1}') $$,
    $$
    select min(occurred_on), mentor_id from public.activities
    where organisation_id = tests.id('organisation', 'north') group by mentor_id order by min(occurred_on), mentor_id
    $$, 'those who qualified first come first'
);
delete from public.activities where duration_minutes = 10;
-- Of the badges that somebody holds, and of whom alone.
insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on)
select tests.id('organisation', 'north'), tests.id('mentor', 'berit'), id, 1, '[]', '2026-01-20' from public.badge_definitions;
select results_eq(
    $$
    select mentor_id, qualified_on, evidence -> 0 ->> 'value'
    from public.preview_badge(tests.id('organisation', 'north'), '{"metric": "badge_earned", "badge": "a"}')
    $$,
    $$ values (tests.id('mentor', 'berit'), date '2026-01-20', '1') $$, 'one mentor holds it'
);
update public.earned_badges set revoked_at = now(), revoke_reason = 'A test.';
select is_empty(
    $$ select from public.preview_badge(tests.id('organisation', 'north'), '{"metric": "badge_earned", "badge": "a"}') $$, 'until it is revoked'
);
-- Lengths of service are counted by the clocks of the organisation, whatever the clocks of another.
update public.organisations
set time_zone = case slug when 'north' then 'Etc/GMT+12' else 'Pacific/Kiritimati' end where slug in ('north', 'south');
update public.peer_mentors set created_at = now() - interval '200 days' where id = tests.id('mentor', 'sara');
update public.peer_mentors set created_at = ((now() at time zone 'Etc/GMT+12')::date - 100 + time '23:00') at time zone 'Etc/GMT+12'
where id = tests.id('mentor', 'olga');
select results_eq(
    $$ select mentor_id, evidence -> 0 ->> 'value' from public.preview_badge(tests.id('organisation', 'north'), '{"metric": "tenure_days", "at_least": 100}') $$,
    $$ values (tests.id('mentor', 'olga'), '100') $$, 'a hundred days of one, and nobody of another organisation'
);
select is((select count(*) from public.badge_definitions), 1::bigint, 'nothing was written');
select is(
    (select last_value from private.badge_measures_id_seq),
    (select max(id) from private.badge_measures), 'nor was a number used up'
);
select is(
    (select provolatile from pg_proc where proname = 'preview_badge'), 's', 'so it can be asked read only'
);

select tests.acts_as('authenticated', tests.id('user', 'olga'));
select results_eq(
    $$ select leaf_path, value, threshold, share, is_earned from public.get_badge_progress(tests.id('mentor', 'olga')) $$,
    $$ values ('$.any[0]', 120::bigint, 240::bigint, 0.5000, false), ('$.any[1]', 1, 4, 0.2500, false) $$,
    'a mentor sees how far they are'
);
select throws_ok(
    $$ select public.get_badge_progress(tests.id('mentor', 'berit')) $$, 'PT404', null, 'and not how far a colleague is'
);
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is((select count(*) from public.get_badge_progress(tests.id('mentor', 'berit'))), 2::bigint, 'a coordinator does');
select finish();
rollback;
