begin;
select plan(11);
select tests.make_two_organisations();
update public.peer_mentors set email = 'x@example.org', phone = '22 22 22 22' where id in (tests.id('mentor', 'olga'), tests.id('mentor', 'berit'));
insert into public.badge_definitions (organisation_id, slug, name, criteria)
values (tests.id('organisation', 'north'), 'one', 'One', '{"metric": "activity_count", "at_least": 1}');
select public.reconcile_badges('-infinity');
select public.revoke_badge(earned.mentor_id, earned.badge_definition_id, 'By mistake: Kari') from public.earned_badges as earned;
insert into public.notifications (organisation_id, recipient_mentor_id, recipient_user_id, kind, dedupe_key, state)
select tests.id('organisation', 'north'), tests.id('mentor', name), tests.id('user', name), 'status_changed', name || state, state
from unnest(array['olga', 'berit']) as name, unnest(array['pending', 'sent']) as state;
insert into public.device_tokens (user_id, token, platform)
select tests.id('user', name), name, 'ios' from unnest(array['olga', 'berit']) as name;
insert into public.activity_notes (activity_id, organisation_id, body)
select id, organisation_id, 'Words.' from public.activities;
create function pg_temp.others() returns text language sql as $$
    select md5(concat(
        (select string_agg(mentor::text, ' ' order by mentor.id) from public.peer_mentors as mentor where mentor.id <> tests.id('mentor', 'olga')),
        (select string_agg(earned::text, ' ' order by earned.id) from public.earned_badges as earned where earned.mentor_id <> tests.id('mentor', 'olga')),
        (
            select string_agg(message::text, ' ' order by message.id)
            from public.notifications as message where message.recipient_mentor_id <> tests.id('mentor', 'olga')
        ),
        (select string_agg(device::text, ' ' order by device.id) from public.device_tokens as device where device.user_id <> tests.id('user', 'olga')),
        (
            select string_agg(note::text, ' ' order by note.activity_id)
            from public.activity_notes as note
            inner join public.activities as activity on activity.id = note.activity_id
            where activity.mentor_id <> tests.id('mentor', 'olga')
        )
    ))
$$;
-- Olga coordinates as well, and is told so as somebody who does.
insert into public.notifications (organisation_id, recipient_user_id, kind, dedupe_key, state)
select tests.id('organisation', 'north'), tests.id('user', 'olga'), 'ops_alert', 'coordinator ' || state, state
from unnest(array['pending', 'sent']) as state;
-- One is being delivered.
insert into public.notifications (
    organisation_id, recipient_mentor_id, kind, dedupe_key, state, leased_by, lease_expires_at
)
select tests.id('organisation', 'north'), tests.id('mentor', name), 'status_changed', name || ' under way', 'in_progress', 'w', now() + interval '1 minute'
from unnest(array['olga', 'berit']) as name;
insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on, voided_at, void_reason)
select tests.id('organisation', 'north'), tests.id('mentor', name), '2026-01-01', '2026-01-02', now(), name || ' said so'
from unnest(array['olga', 'berit']) as name;
create temporary table before as select pg_temp.others() as fingerprint;

select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is(
    public.forget_mentor(tests.id('mentor', 'olga')) -> 'erased',
    '{
        "peer_mentor_columns": ["display_name", "email", "phone", "user_id"], "activity_notes": 2, "revoke_reasons": 1,
        "void_reasons": 1, "unsent_notifications": 3, "notification_user_links": 1, "device_tokens": 1
    }',
    'says what it erased'
);
reset role;
select is(pg_temp.others(), (select fingerprint from before), 'nothing of anybody else has changed');
select results_eq(
    'select void_reason from public.certifications order by void_reason', array['berit said so', null], 'nor why a certificate of another was voided'
);
select is(
    (select count(*) from public.notifications where recipient_user_id = tests.id('user', 'olga') and recipient_mentor_id is null), 2::bigint,
    'nor what a user is told who does not stop being a coordinator'
);
select results_eq(
    $$ select revoke_reason, evidence::text like '%Kari%' from public.earned_badges where mentor_id = tests.id('mentor', 'olga') $$,
    'values (null::text, false)', 'no reason is left in the badge, nor in its evidence'
);
select is(
    (select count(*) from public.security_events where event_kind = 'mentor_forgotten'), 1::bigint, 'it is on record'
);
select is(
    public.forget_mentor(tests.id('mentor', 'olga')) -> 'withdrawn', 'false'::jsonb, 'a second time there is nothing to do'
);
select is(
    (select count(*) from public.security_events where event_kind = 'mentor_forgotten'), 1::bigint, 'and nothing to record'
);
insert into public.device_tokens (user_id, token, platform) values (tests.id('user', 'berit'), 'another', 'web');
select lives_ok(format('select public.forget_mentor(%L)', tests.id('mentor', 'berit')), 'another one');
select is((select count(*) from public.device_tokens), 0::bigint, 'with every device');
select is(
    (select count(*) from public.security_events where event_kind = 'mentor_forgotten'), 2::bigint, 'is an entry of its own'
);
select finish();
rollback;
