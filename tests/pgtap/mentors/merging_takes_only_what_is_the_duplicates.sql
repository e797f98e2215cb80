begin;
select plan(27);
select tests.make_two_organisations();
select tests.make_mentor(name, 'north', 'oslo') from unnest(array['kari', 'keep', 'twice']) as name;
create function pg_temp.merge(duplicate text, keep text) returns text language sql as $$
    select format('select public.merge_mentors(%L, %L)', tests.id('mentor', merge.duplicate), tests.id('mentor', merge.keep))
$$;
select is(tests.outcome('authenticated', tests.id('user', 'oskar'), pg_temp.merge('twice', 'keep')), '42501', 'who coordinates their chapter may not');
select is(tests.outcome('authenticated', tests.id('user', 'nina'), pg_temp.merge('twice', 'keep')), '1', 'who coordinates all may');

-- Each thing by itself that the kept mentor lacks goes over, and nothing that they have.
create temporary table columns (name text, of_duplicate text, of_kept text, expected text);
insert into columns values
('email', '''d@example.no''', 'null', 'd@example.no'), ('email', '''d@example.no''', '''k@example.no''', 'k@example.no'), ('email', 'null', '''k@example.no''', 'k@example.no'),
('phone', '''22222222''', 'null', '22222222'), ('phone', '''22222222''', '''33333333''', '33333333'),
('dynamics_contact_id', quote_literal(tests.id('contact', 'd')), 'null', tests.id('contact', 'd')::text),
('dynamics_contact_id', quote_literal(tests.id('contact', 'd')), quote_literal(tests.id('contact', 'k')), tests.id('contact', 'k')::text),
('user_id', quote_literal(tests.id('user', 'd')), 'null', tests.id('user', 'd')::text),
('user_id', quote_literal(tests.id('user', 'd')), quote_literal(tests.id('user', 'k')), tests.id('user', 'k')::text),
('created_at', '''2020-01-01 00:00+00''', '''2021-01-01 00:00+00''', '2020-01-01 00:00:00+00'),
('created_at', '''2021-01-01 00:00+00''', '''2020-01-01 00:00+00''', '2020-01-01 00:00:00+00');
create function pg_temp.merged(asked pg_temp.columns) returns text language plpgsql as $$
declare
    v_value text;
begin
    set local timezone to 'UTC';
    update public.peer_mentors
    set user_id = null, email = null, phone = null, dynamics_contact_id = null, created_at = '2022-01-01'
    where id in (tests.id('mentor', 'twice'), tests.id('mentor', 'keep'));
    execute format('update public.peer_mentors set %I = %s where id = %L', asked.name, asked.of_duplicate, tests.id('mentor', 'twice'));
    execute format('update public.peer_mentors set %I = %s where id = %L', asked.name, asked.of_kept, tests.id('mentor', 'keep'));
    execute pg_temp.merge('twice', 'keep');
    execute format('select %I::text from public.peer_mentors where id = %L', asked.name, tests.id('mentor', 'keep')) into v_value;
    raise exception using errcode = 'TTTTT', message = coalesce(v_value, 'null');
exception
    when sqlstate 'TTTTT' then
        return sqlerrm;
end
$$;
select is(pg_temp.merged(columns), expected, format('%s: %s and %s', name, of_duplicate, of_kept)) from columns;

-- What is anybody else's stays.
select tests.make_certificate(name, current_date + 5) from unnest(array['berit', 'twice', 'keep']) as name;
insert into public.cert_expiry_reminders (organisation_id, mentor_id, threshold_day, certification_expiry_date)
select tests.id('organisation', 'north'), tests.id('mentor', name), days, current_date + 5
from (values ('berit', 14), ('twice', 30), ('twice', 7), ('keep', 7)) as sent (name, days);
-- The same threshold of another date is another reminder.
insert into public.cert_expiry_reminders (organisation_id, mentor_id, threshold_day, certification_expiry_date)
select tests.id('organisation', 'north'), tests.id('mentor', 'twice'), 7, current_date - 360;
insert into public.notifications (organisation_id, recipient_mentor_id, kind, dedupe_key, state)
select tests.id('organisation', 'north'), tests.id('mentor', 'twice'), 'status_changed', state, state from unnest(array['pending', 'sent']) as state;
update public.peer_mentors set user_id = null where id = tests.id('mentor', 'keep');
create function pg_temp.others() returns text language sql as $$
    select md5(concat(
        (
            select string_agg(mentor::text, ' ' order by mentor.id)
            from public.peer_mentors as mentor where mentor.id not in (tests.id('mentor', 'twice'), tests.id('mentor', 'keep'))
        ),
        (
            select string_agg(reminder::text, ' ' order by reminder.id)
            from public.cert_expiry_reminders as reminder where reminder.mentor_id not in (tests.id('mentor', 'twice'), tests.id('mentor', 'keep'))
        ),
        (
            select string_agg(activity::text, ' ' order by activity.id)
            from public.activities as activity where activity.mentor_id not in (tests.id('mentor', 'twice'), tests.id('mentor', 'keep'))
        )
    ))
$$;
create temporary table before as select pg_temp.others() as fingerprint;
select is(
    public.merge_mentors(tests.id('mentor', 'twice'), tests.id('mentor', 'keep')),
    jsonb_build_object(
        'duplicate_id', tests.id('mentor', 'twice'), 'keep_id', tests.id('mentor', 'keep'),
        'moved', '{"activities": 0, "certifications": 1, "earned_badges": 0}'::jsonb, 'other_user_id', null
    ), 'the answer says what became of whom'
);
select is(pg_temp.others(), fingerprint, 'nobody else has changed') from before;
select bag_eq(
    $$ select mentor_id, threshold_day from public.cert_expiry_reminders $$,
    $$ select tests.id('mentor', name), days from (values ('berit', 14), ('keep', 30), ('keep', 7), ('keep', 7), ('twice', 7)) as sent (name, days) $$,
    'nor is anybody reminded twice of one date'
);
select is((select user_id from public.peer_mentors where id = tests.id('mentor', 'keep')), tests.id('user', 'twice'), 'the user goes over');
select is((select user_id from public.peer_mentors where id = tests.id('mentor', 'kari')), tests.id('user', 'kari'), 'and nobody loses theirs');
select bag_eq(
    $$ select state, recipient_mentor_id from public.notifications where dedupe_key in ('pending', 'sent') $$,
    $$ values ('pending', tests.id('mentor', 'keep')), ('sent', tests.id('mentor', 'twice')) $$, 'what was sent was sent to who they were'
);
-- Later in the same transaction who is spoken for is told again.
select tests.make_activity('nina for keep', 'keep', 'nina');
delete from public.notifications where kind = 'proxy_registered';
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select public.update_proxy_activity(tests.id('activity', 'nina for keep'), '{"duration_minutes": 45}');
reset role;
select is(
    (select count(*) from public.notifications where kind = 'proxy_registered' and recipient_mentor_id = tests.id('mentor', 'keep')), 1::bigint,
    'what is said for them after the merge is told'
);
insert into public.peer_mentors (id, organisation_id, display_name) values (tests.id('mentor', 'userless'), tests.id('organisation', 'north'), 'userless');
select is(
    public.merge_mentors(tests.id('mentor', 'userless'), tests.id('mentor', 'kari')) -> 'other_user_id', 'null', 'of one user no other is named'
);
-- Who moves to the chapter they are in.
select is(
    (select id from public.move_mentor(tests.id('mentor', 'kari'), tests.id('chapter', 'oslo'))), tests.id('mentor', 'kari'),
    'a move to where they are answers as any other'
);
select is(
    (select status from public.transition_mentor_status(tests.id('mentor', 'kari'), 'paused')), 'paused', 'and a change of status with who was changed'
);
select is(
    (public.merge_mentors(tests.id('mentor', 'kari'), tests.id('mentor', 'olga'))) ->> 'other_user_id', tests.id('user', 'kari')::text,
    'of two users the one who sees nothing any more is named'
);
select is(
    (select user_id from public.peer_mentors where id = tests.id('mentor', 'kari')), tests.id('user', 'kari'), 'and stays theirs'
);
select is(
    tests.outcome('authenticated', tests.id('user', 'nina'), format('select public.move_mentor(%L, %L)', tests.id('mentor', 'berit'), tests.id('chapter', 'none'))),
    'PT404', 'a chapter that is not there'
);
select is(
    tests.refusal(format('select public.move_mentor(%L, %L)', tests.id('mentor', 'berit'), tests.id('chapter', 'none'))), 'PT404 chapter_id',
    'and named as that'
);
select * from finish();
rollback;
