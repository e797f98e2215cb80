-- Five who should be off. The portal is looked at three times; what it shows narrows the time, from both sides.
begin;
select plan(21);
select tests.make_organisation('north'), tests.make_organisation('south'), tests.make_coordinator('nina', 'north'), tests.make_coordinator('sven', 'south');
select tests.make_listed_mentor(name, 'north') from unnest(array['gone', 'slow', 'stuck', 'back', 'again', 'shared', 'twin', 'new']) as name;
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'shared') where id = tests.id('mentor', 'twin');
select tests.make_listed_mentor('south', 'south');
select tests.set_status(name, 'withdrawn') from unnest(array['gone', 'slow', 'stuck', 'back', 'again', 'shared', 'south']) as name;
update public.hlf_removals set wanted_at = '2026-03-01 12:00+01', confirmed_at = '2026-03-01 12:01+01', cancelled_at = null
where mentor_id <> tests.id('mentor', 'new');
-- One of before anybody looked.
insert into public.hlf_removals (organisation_id, mentor_id, wanted_at, confirmed_at, is_watched)
values (tests.id('organisation', 'north'), tests.id('mentor', 'gone'), '2026-02-01 12:00+01', '2026-02-01 12:00:30+01', false);
create function pg_temp.look(listed text[], not_listed text[], observed_from timestamptz, organisation text default 'north') returns void
language sql
as $$
    select public.reconcile_hlf_sync(
        (
            select jsonb_agg(jsonb_build_object('dynamics_contact_id', tests.id('contact', name), 'listed', is_listed))
            from (
                select unnest(listed) as name, true as is_listed
                union all
                select unnest(not_listed), false
            ) as shown
        ),
        array[tests.id('organisation', look.organisation)], look.observed_from
    )
$$;
create function pg_temp.seen(mentor text) returns text
language sql
as $$
    select concat_ws(' ', 'listed ' || to_char(seen_listed_at at time zone 'Europe/Oslo', 'HH24:MI'), case when seen_gone_at is not null then 'gone' end)
    from public.hlf_removals where mentor_id = tests.id('mentor', seen.mentor) and wanted_at >= '2026-03-01'
$$;

-- A listing that began before they were to be off says nothing.
select pg_temp.look(array['gone', 'slow', 'stuck', 'back', 'shared'], '{}', '2026-03-01 11:59+01');
select is(pg_temp.seen('slow'), '', 'a listing of before says nothing');
select pg_temp.look(array['slow', 'stuck', 'back', 'again', 'shared'], array['gone'], '2026-03-01 13:00+01');
select is(pg_temp.seen('gone'), 'gone', 'who is not listed is gone by now');
update public.hlf_removals set seen_gone_at = '2026-03-01 13:04+01' where mentor_id = tests.id('mentor', 'gone') and seen_gone_at is not null;
select is(pg_temp.seen('slow'), 'listed 13:00', 'who is listed was there when the listing began');
select is(pg_temp.seen('shared'), '', 'a contact that another active mentor has is listed for that one');
select is(
    (select seen_gone_at from public.hlf_removals where wanted_at = '2026-02-01 12:00+01'), null, 'of before anybody looked nothing is said'
);
select is((select count(*) from public.hlf_removals where mentor_id = tests.id('mentor', 'south') and seen_gone_at is not null), 0::bigint, 'nor of another organisation''s');
select tests.set_status('back', 'active');
select tests.set_status('again', 'active');
select pg_temp.look(array['stuck', 'back'], array['gone'], '2026-03-01 14:00+01');
select is(pg_temp.seen('slow'), 'listed 13:00 gone', 'who is not in the listing at all is gone');
select is(
    (select max(seen_gone_at) from public.hlf_removals where mentor_id = tests.id('mentor', 'gone')), timestamptz '2026-03-01 13:04+01',
    'who is gone is gone since they were seen so first'
);
select is(pg_temp.seen('stuck'), 'listed 14:00', 'who is still there was there at the later moment');
select is(pg_temp.seen('back'), 'listed 13:00', 'who is to be listed again is not looked for');
select is(pg_temp.seen('again'), 'listed 13:00', 'nor gone, where the portal does not show them yet');

-- A listing that began as they were to be off; what was called off, and whoever's organisation is not on the website, is not looked for.
select tests.make_organisation('quiet');
select tests.make_listed_mentor('just now', 'north'), tests.make_listed_mentor('called off', 'north'), tests.make_listed_mentor('quiet one', 'quiet');
select tests.set_status(name, 'withdrawn') from unnest(array['just now', 'called off', 'quiet one']) as name;
update public.hlf_removals
set
    wanted_at = '2026-03-03 12:00+01', confirmed_at = case when mentor_id <> tests.id('mentor', 'called off') then timestamptz '2026-03-03 12:01+01' end,
    cancelled_at = case when mentor_id = tests.id('mentor', 'called off') then now() end
where mentor_id = any (array[tests.id('mentor', 'just now'), tests.id('mentor', 'called off'), tests.id('mentor', 'quiet one')]);
insert into public.organisation_settings (organisation_id, website_sync_enabled) values (tests.id('organisation', 'quiet'), false);
select public.reconcile_hlf_sync(
    jsonb_build_array(jsonb_build_object('dynamics_contact_id', tests.id('contact', 'just now'), 'listed', true)),
    array[tests.id('organisation', 'north'), tests.id('organisation', 'quiet')], '2026-03-03 12:00+01'
);
select is(pg_temp.seen('just now'), 'listed 12:00', 'who is listed at that very moment was there');
select is(array[pg_temp.seen('called off'), pg_temp.seen('quiet one')], array['', ''], 'of these nothing is said');
update public.hlf_removals set seen_gone_at = null where wanted_at = '2026-03-01 12:00+01' and mentor_id = tests.id('mentor', 'stuck');

-- Whose contact is known no more is not said to be gone; a namesake who is off as well keeps nobody.
select tests.make_listed_mentor('lost', 'north'), tests.make_listed_mentor('left', 'north'), tests.make_listed_mentor('left as well', 'north');
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'left') where id = tests.id('mentor', 'left as well');
select tests.set_status(name, 'withdrawn') from unnest(array['lost', 'left', 'left as well']) as name;
update public.hlf_removals set wanted_at = '2026-03-01 12:00+01', confirmed_at = '2026-03-01 12:01+01', cancelled_at = null
where mentor_id = any (array[tests.id('mentor', 'lost'), tests.id('mentor', 'left'), tests.id('mentor', 'left as well')]);
update public.peer_mentors set dynamics_contact_id = null where id = tests.id('mentor', 'lost');
select public.reconcile_hlf_sync(
    jsonb_build_array(jsonb_build_object('dynamics_contact_id', tests.id('contact', name), 'listed', true)), null, '2026-03-01 15:00+01'
)
from unnest(array['left']) as name;
select is(pg_temp.seen('lost'), '', 'whom nobody can look for is not gone');
select is(pg_temp.seen(name), 'listed 15:00', 'listed, since nobody of that contact is active: ' || name) from unnest(array['left', 'left as well']) as name;
update public.hlf_removals set seen_gone_at = null where mentor_id = tests.id('mentor', 'stuck');
update public.hlf_removals set cancelled_at = now(), confirmed_at = null
where mentor_id = any (array[tests.id('mentor', 'lost'), tests.id('mentor', 'left as well')]);
update public.hlf_removals set confirmed_at = '2026-03-01 12:02+01' where mentor_id = tests.id('mentor', 'left');
select tests.make_listed_mentor('southern', 'south');
select tests.set_status('southern', 'paused');
select public.reconcile_hlf_sync('[]', array[tests.id('organisation', 'south')], null);
select isnt(
    (select seen_gone_at from public.hlf_removals where mentor_id = tests.id('mentor', 'southern')), null, 'a listing without a beginning is of now'
);
-- And one of the next day.
insert into public.hlf_removals (organisation_id, mentor_id, wanted_at, confirmed_at, seen_gone_at)
values (tests.id('organisation', 'north'), tests.id('mentor', 'new'), '2026-03-02 00:00+01', '2026-03-02 09:00+01', '2026-03-02 23:00+01');

update public.hlf_removals set seen_gone_at = '2026-03-01 13:10+01' where mentor_id = tests.id('mentor', 'gone') and seen_gone_at is not null;
update public.hlf_removals set seen_gone_at = '2026-03-01 14:05+01' where mentor_id = tests.id('mentor', 'slow');
update public.hlf_removals set cancelled_at = now(), confirmed_at = null where mentor_id in (tests.id('mentor', 'back'), tests.id('mentor', 'again'));
create temporary view exposure as
select * from public.get_hlf_exposure(tests.id('organisation', 'north'), '2026-03-01', '2026-03-01');
grant select on exposure to authenticated;
select results_eq(
    'select removals, confirmed, confirmed_worst, seen_gone, at_least_worst, at_most_median, at_most_worst, widest_gap, still_listed, not_seen from exposure',
    $$ values (5::bigint, 5::bigint, interval '2 minutes', 2::bigint, interval '3 hours', interval '97 minutes 30 seconds', interval '125 minutes',
    interval '70 minutes', 2::bigint, 1::bigint) $$,
    'both clocks, and how exact the portal''s is'
);
select is(
    tests.outcome('authenticated', tests.id('user', user_name), format(
        'select from public.get_hlf_exposure(%L, ''2026-03-01'', ''2026-03-01'')', tests.id('organisation', 'north')
    )),
    outcome, user_name || ' sees ' || outcome
)
from (values ('nina', '1'), ('sven', '0')) as attempt (user_name, outcome);
select is(
    (select removals from public.get_hlf_exposure(tests.id('organisation', 'north'), '2026-03-02', '2026-03-02')), 1::bigint, 'a day begins at midnight'
);
select * from finish();
rollback;
