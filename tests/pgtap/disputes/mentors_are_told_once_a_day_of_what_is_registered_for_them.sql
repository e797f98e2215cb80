begin;
select plan(13);
select tests.make_two_organisations();
create function pg_temp.told(mentor text) returns table (activity_count bigint, listed int, state text, is_at_digest boolean)
language sql
as $$
    select
        (payload ->> 'activity_count')::bigint, jsonb_array_length(payload -> 'activity_ids'), state,
        (next_attempt_at at time zone 'Europe/Oslo')::time = '08:00' and next_attempt_at > now()
    from public.notifications
    where kind = 'proxy_registered' and recipient_mentor_id = tests.id('mentor', told.mentor)
    order by next_attempt_at
$$;
select tests.make_activity('first', 'olga', 'nina');
select results_eq($$ select * from pg_temp.told('olga') $$, $$ values (1::bigint, 1, 'pending', true) $$, 'the mentor is told, at the hour of the digest');
select is_empty($$ select from pg_temp.told('sara') $$, 'nobody is told of their own entries');

select tests.acts_as('authenticated', tests.id('user', 'oskar'));
select public.register_proxy_activity(tests.id('mentor', 'olga'), 'walk', '2026-02-01', 30, tests.id('activity', 'walk'));
select public.register_proxy_activity(tests.id('mentor', 'olga'), 'walk', '2026-02-01', 30, tests.id('activity', 'walk'));
insert into public.activities (organisation_id, mentor_id, coordinator_id, activity_type, occurred_on, duration_minutes)
values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('user', 'oskar'), 'walk', '2026-02-02', 30);
reset role;
select results_eq(
    $$ select * from pg_temp.told('olga') $$, $$ values (3::bigint, 3, 'pending', true) $$,
    'what follows joins that message, by whatever way; what is sent twice does not'
);
select public.register_proxy_activities(
    (
        select jsonb_agg(jsonb_build_object(
            'mentor_id', mentor, 'activity_type', 'walk', 'occurred_on', date '2025-01-01' + day, 'duration_minutes', 30
        ))
        from generate_series(1, 150) as day,
        unnest(array[tests.id('mentor', 'olga'), tests.id('mentor', 'berit')]) as mentor
    ),
    coordinator_id => tests.id('user', 'nina')
);
select results_eq(
    $$ select * from pg_temp.told('olga') union all select * from pg_temp.told('berit') $$,
    $$ values (153::bigint, 100, 'pending', true), (150, 100, 'pending', true) $$,
    'a bulk is one message a mentor, with a number and the first hundred'
);

select public.update_proxy_activity(tests.id('activity', 'walk'), jsonb_build_object('mentor_id', tests.id('mentor', 'berit')));
select is((select activity_count from pg_temp.told('berit')), 151::bigint, 'whoever it is moved to is told');
select public.update_proxy_activity(tests.id('activity', 'walk'), '{"voided_at": "2026-02-03T00:00:00Z"}');
select is((select activity_count from pg_temp.told('berit')), 151::bigint, 'a void says nothing on their behalf');
update public.activities set voided_at = null where id = tests.id('activity', 'walk');
select is((select activity_count from pg_temp.told('berit')), 152::bigint, 'but bringing it back does');

-- It is being sent: the next one is of the following day.
update public.notifications
set state = 'in_progress', leased_by = 'w', lease_expires_at = now()
where kind = 'proxy_registered' and recipient_mentor_id = tests.id('mentor', 'olga');
select public.register_proxy_activity(tests.id('mentor', 'olga'), 'walk', '2026-02-05', 30, coordinator_id => tests.id('user', 'nina'));
select results_eq(
    $$ select * from pg_temp.told('olga') $$, $$ values (153::bigint, 100, 'in_progress', true), (1, 1, 'pending', true) $$,
    'what is being sent is not changed, and nothing is forgotten'
);

-- The same person under another id.
select tests.make_mentor('olga again', 'north', 'oslo');
select public.merge_mentors(tests.id('mentor', 'olga'), tests.id('mentor', 'olga again'));
select is(
    (select sum(activity_count) from pg_temp.told('olga again')), 154::numeric,
    'what merging moves was told before: the messages go over, and no activity is told again'
);
select tests.make_activity('later', 'olga again', 'nina');
select is((select sum(activity_count) from pg_temp.told('olga again')), 155::numeric, 'what is registered afterwards is told');

update public.peer_mentors set user_id = null, email = null where id = tests.id('mentor', 'sara');
select tests.make_activity('sven for sara', 'sara', 'sven');
select is_empty($$ select from pg_temp.told('sara') $$, 'who cannot be reached gets no message');
update public.peer_mentors set email = 'sara@example.org' where id = tests.id('mentor', 'sara');
select tests.make_activity('sven for sara again', 'sara', 'sven');
select is((select activity_count from pg_temp.told('sara')), 1::bigint, 'an address is enough');

-- A load brings in history.
select is(private.silence_old_news(), 5::bigint, 'of what took place long ago a load tells nobody');
select * from finish();
rollback;
