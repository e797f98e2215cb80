begin;
select plan(28);
select tests.make_two_organisations();
update public.peer_mentors
set display_name = 'Olga Nordmann', email = 'olga@example.no', phone = '41234567', dynamics_contact_id = gen_random_uuid(),
    status_reason = 'Olga asked for a pause'
where id = tests.id('mentor', 'olga');
insert into public.activity_notes (activity_id, organisation_id, body)
values
(tests.id('activity', 'olga''s'), tests.id('organisation', 'north'), 'met Kari, 010190 12345'),
(tests.id('activity', 'berit''s'), tests.id('organisation', 'north'), 'stays');
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values (
    tests.id('badge', 'one'), tests.id('organisation', 'north'), 'one', 'One', '{"metric": "activity_count", "at_least": 1}'
);
select public.evaluate_badges(tests.id('mentor', 'olga'));
-- Which tells her of it: the second message that is not sent yet.
select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'one'), 'Olga Nordmann said so');
select public.reinstate_badge(tests.id('mentor', 'olga'), tests.id('badge', 'one'), 'Olga Nordmann was right');
select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'one'), 'Olga Nordmann said so again');
insert into public.notifications (organisation_id, recipient_mentor_id, recipient_user_id, kind, dedupe_key, state)
values
(tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('user', 'olga'), 'status_changed', 'a', 'pending'),
(tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('user', 'olga'), 'status_changed', 'b', 'sent'),
(tests.id('organisation', 'north'), tests.id('mentor', 'berit'), tests.id('user', 'berit'), 'status_changed', 'c', 'pending');
insert into public.device_tokens (user_id, token, platform)
values (tests.id('user', 'olga'), 'olgas-phone', 'ios'), (tests.id('user', 'berit'), 'berits-phone', 'ios');
create temporary table logged as
select count(*) as entry_count from public.badge_evaluation_logs where peer_mentor_id = tests.id('mentor', 'olga');

select is(
    tests.outcome(actor.role_name, tests.id('user', actor.user_name), format('select public.forget_mentor(%L)', tests.id('mentor', 'olga'))),
    actor.expected, actor.description
)
from (
    values
    ('authenticated', 'oskar', '42501', 'not a coordinator of a chapter'),
    ('authenticated', 'sven', 'PT404', 'not another organisation''s coordinator'),
    ('authenticated', 'olga', '42501', 'not the mentor'),
    ('anon', null, '42501', 'not anon'),
    ('authenticated', 'nina', '1', 'a coordinator of the whole organisation may'),
    ('service_role', null, '1', 'the service role may')
) as actor (role_name, user_name, expected, description);
select throws_ok(
    $$ select public.forget_mentor(gen_random_uuid()) $$, 'PT404', null, 'somebody who is not there is not found'
);

select tests.acts_as('authenticated', tests.id('user', 'nina'));
create temporary table answers as select public.forget_mentor(tests.id('mentor', 'olga')) as answer;
reset role;
select is(
    answer -> 'erased',
    '{"peer_mentor_columns": ["display_name", "email", "phone", "user_id", "status_reason"], "activity_notes": 1, "revoke_reasons": 1, "void_reasons": 0,
      "unsent_notifications": 2, "notification_user_links": 1, "device_tokens": 1}',
    'it says what it erased'
) from answers;
select results_eq(
    $$
    select display_name, email, phone, user_id, status::text, dynamics_contact_id is not null
    from public.peer_mentors where id = tests.id('mentor', 'olga')
    $$,
    $$ values ('Forgotten mentor', null::text, null::text, null::uuid, 'withdrawn', true) $$,
    'nothing personal is left, and the website''s entry can still be removed'
);
select is((select array_agg(body) from public.activity_notes), array['stays'], 'the notes are gone, others'' are not');
select is((select array_agg(revoke_reason) from public.earned_badges), array[null]::text[], 'so is the reason');
select is(
    (select array[evidence::text like '%Nordmann%', evidence::text like '%reinstated_at%'] from public.earned_badges), array[false, true],
    'and those of earlier revocations; that there were any stays'
);
select is(
    (select count(*) from public.notifications where recipient_user_id = tests.id('user', 'olga')), 0::bigint,
    'no message leads to the user'
);
select is((select array_agg(token) from public.device_tokens), array['berits-phone'], 'nor does a device');
select is((select count(*) from public.notifications), 2::bigint, 'what was sent stays, and what is for others');
select results_eq(
    $$ select count(*) from public.badge_evaluation_logs where peer_mentor_id = tests.id('mentor', 'olga') $$,
    $$ select entry_count from logged $$,
    'the log keeps its entries'
);
select results_eq(
    $$ select organisation_id, caller_id, details from public.security_events where event_kind = 'mentor_forgotten' $$,
    $$
    values (
        tests.id('organisation', 'north'), tests.id('user', 'nina'),
        jsonb_build_object('mentor_id', tests.id('mentor', 'olga'))
    )
    $$,
    'that it was done is on record'
);
select is(
    public.forget_mentor(tests.id('mentor', 'olga')) -> 'erased',
    '{"peer_mentor_columns": [], "activity_notes": 0, "revoke_reasons": 0, "void_reasons": 0, "unsent_notifications": 0,
      "notification_user_links": 0, "device_tokens": 0}',
    'a second time there is nothing to erase'
);
select is(
    (select count(*) from public.security_events where event_kind = 'mentor_forgotten'), 1::bigint, 'nor to record'
);
select is(
    answer - 'erased',
    jsonb_build_object(
        'mentor_id', tests.id('mentor', 'olga'), 'withdrawn', true, 'kept', '{"ids_in_the_logs": true, "dynamics_contact_id": true}'::jsonb
    ), 'it says what it kept'
) from answers;
-- What comes in later, each by itself, is erased by the next call and is on record.
create function pg_temp.later(statement text) returns text language plpgsql as $$
declare
    v_before bigint := (select count(*) from public.administrative_changes where change_kind = 'forgotten');
    v_erased text;
begin
    execute later.statement;
    select string_agg(erased.key || ' ' || erased.value, ', ')
    into v_erased
    from jsonb_each(public.forget_mentor(tests.id('mentor', 'olga')) -> 'erased') as erased
    where erased.value not in ('0', '[]');
    return coalesce(v_erased, 'nothing') || ', on record '
        || (select count(*) - v_before from public.administrative_changes where change_kind = 'forgotten');
end
$$;
select is(pg_temp.later(statement), expected || ', on record 1', expected)
from (
    values
    ('update public.peer_mentors set phone = ''22222222'' where id = tests.id(''mentor'', ''olga'')', 'peer_mentor_columns ["phone"]'),
    -- Back by mistake.
    ('select public.transition_mentor_status(tests.id(''mentor'', ''olga''), ''paused'')', 'nothing'),
    (
        'insert into public.activity_notes (activity_id, organisation_id, body)
        values (tests.id(''activity'', ''olga''''s''), tests.id(''organisation'', ''north''), ''once more'')', 'activity_notes 1'
    ),
    -- Given by hand, without evidence.
    (
        'insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
        values (tests.id(''badge'', ''hand''), tests.id(''organisation'', ''north''), ''hand'', ''Hand'', ''{"metric": "activity_count", "at_least": 1000}'');
        insert into public.earned_badges
            (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on, revoked_at, revoke_reason)
        values (tests.id(''organisation'', ''north''), tests.id(''mentor'', ''olga''), tests.id(''badge'', ''hand''), 1, ''[]'', ''2026-01-01'', now(), ''Olga'')',
        'revoke_reasons 1'
    ),
    -- Revoked and given back: only the evidence knows.
    (
        'update public.earned_badges
        set revoked_at = null, revoked_by = null, revoke_reason = null, evidence = ''[7, {"reason": "Olga Nordmann", "revoked_at": "2026-01-01"}, {"revoke_reason": "Olga", "revoked_at": "2026-02-01"}]''
        where badge_definition_id = tests.id(''badge'', ''hand'')', 'revoke_reasons 1'
    ),
    (
        'insert into public.certifications (organisation_id, mentor_id, issued_on, expires_on, voided_at, void_reason)
        values (tests.id(''organisation'', ''north''), tests.id(''mentor'', ''olga''), ''2026-01-01'', ''2026-01-02'', now(), ''Olga'')', 'void_reasons 1'
    ),
    (
        'insert into public.notifications (organisation_id, recipient_mentor_id, kind, dedupe_key)
        values (tests.id(''organisation'', ''north''), tests.id(''mentor'', ''olga''), ''status_changed'', ''later'')', 'unsent_notifications 1'
    )
) as given (statement, expected);
select is(
    (select evidence from public.earned_badges where badge_definition_id = tests.id('badge', 'hand')), '[{"revoked_at": "2026-01-01"}, {"revoked_at": "2026-02-01"}]',
    'of the evidence only the reason'
);
select * from finish();
rollback;
