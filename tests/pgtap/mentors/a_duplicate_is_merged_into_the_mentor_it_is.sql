begin;
select plan(36);
select tests.make_two_organisations();
-- olle is olga once more, in another chapter, with another user and a website contact.
select tests.make_mentor('olle', 'north', 'bergen');
update public.peer_mentors
set dynamics_contact_id = tests.id('contact', 'olle'), email = 'olga@example.no', created_at = '2020-01-01', user_id = null
where id = tests.id('mentor', 'olle');
select tests.make_activity('olle''s', 'olle');
select tests.make_activity('nina for olle', 'olle', 'nina');
select tests.make_certificate('olga', current_date - 1);
select tests.make_certificate('olle', current_date + 100);
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', name), tests.id('organisation', 'north'), name, name, criteria
from (
    values
    ('one', '{"metric": "activity_count", "at_least": 1}'::jsonb), ('four', '{"metric": "activity_count", "at_least": 4}'),
    ('given', '{"metric": "activity_count", "at_least": 1000}'), ('tenure', '{"metric": "tenure_days", "at_least": 1500}')
) as badge (name, criteria);
select public.evaluate_badges(tests.id('mentor', name)) from unnest(array['olga', 'olle']) as name;
select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'one'), 'a reason');
insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on)
values (tests.id('organisation', 'north'), tests.id('mentor', 'olle'), tests.id('badge', 'given'), 1, '[]', '2026-01-01');
select public.run_certification_expiry(current_date);
select is(tests.status('olga'), 'expired_cert', 'olga''s own certificate has expired');
create function pg_temp.merge(duplicate text, keep text) returns text language sql as $$
    select format('select public.merge_mentors(%L, %L)', tests.id('mentor', merge.duplicate), tests.id('mentor', merge.keep))
$$;

select is(tests.outcome(role_name, tests.id('user', user_name), pg_temp.merge('olle', 'olga')), expected, description)
from (
    values
    ('authenticated', 'nina', '1', 'a coordinator of the whole organisation may'),
    ('service_role', null, '1', 'so may the service role'),
    ('authenticated', 'oskar', '42501', 'one of a chapter may not'),
    ('authenticated', 'sven', 'PT404', 'for another organisation''s there are no such mentors'),
    ('authenticated', 'olga', '42501', 'nor may the mentor'),
    ('anon', null, '42501', 'nor anon')
) as actor (role_name, user_name, expected, description);
select throws_ok(pg_temp.merge('olga', 'olga'), '22023', 'A mentor cannot be merged with themselves.', 'not with themselves');
select throws_ok(
    pg_temp.merge('olga', 'sara'), '22023', 'The two mentors belong to different organisations.', 'not across organisations'
);

select tests.acts_as('authenticated', tests.id('user', 'nina'));
create temporary table answers as
select public.merge_mentors(tests.id('mentor', 'olle'), tests.id('mentor', 'olga')) as answer;
reset role;
select is(answer -> 'moved', '{"activities": 2, "certifications": 1, "earned_badges": 2}', 'it says what was moved') from answers;
select results_eq(
    $$ select status::text, merged_into from public.peer_mentors where id = tests.id('mentor', 'olle') $$,
    $$ values ('withdrawn', tests.id('mentor', 'olga')) $$, 'the duplicate is withdrawn and points to her'
);
select results_eq(
    $$ select status::text, email, dynamics_contact_id, user_id, created_at from public.peer_mentors where id = tests.id('mentor', 'olga') $$,
    $$ values ('active', 'olga@example.no', tests.id('contact', 'olle'), tests.id('user', 'olga'), timestamptz '2020-01-01') $$,
    'she is active by the duplicate''s certificate, and has what she lacked'
);
select is((select count(*) from public.activities where mentor_id = tests.id('mentor', 'olga')), 4::bigint, 'all activities are hers');
select results_eq(
    $$
    select definition.slug, earned.revoked_at is not null
    from public.earned_badges as earned inner join public.badge_definitions as definition on definition.id = earned.badge_definition_id
    where earned.mentor_id = tests.id('mentor', 'olga') order by 1
    $$,
    $$ values ('four', false), ('given', false), ('one', true), ('tenure', false) $$,
    'the badge that only both together earn, the ones that came over, and the one that was revoked stays so'
);
select is_empty('select * from private.check_badge_rollups()', 'the rollups of both are exact');
select is(
    (select count(*) from public.hlf_sync_state where mentor_id = tests.id('mentor', 'olga') and operation = 'restore'), 1::bigint,
    'the website lists her'
);
select results_eq(
    $$ select change_kind, subject_id, details ->> 'merged_into' from public.administrative_changes where change_kind = 'merged' $$,
    $$ select 'merged', tests.id('mentor', 'olle'), tests.id('mentor', 'olga')::text $$, 'the merge is on record'
);
select is(
    (
        select count(*) from public.activity_changes
        where before ->> 'attributed_mentor_id' = tests.id('mentor', 'olle')::text and mentor_id = tests.id('mentor', 'olga')
    ), 2::bigint, 'so is each activity that changed hands'
);
select is(
    (select count(*) from public.proxy_audit_log where proxy_activity_id = tests.id('activity', 'nina for olle') and event_type = 'updated'),
    1::bigint, 'in the proxy log as well'
);
select results_eq(
    $$ select cause from public.mentor_status_changes where mentor_id in (tests.id('mentor', 'olga'), tests.id('mentor', 'olle')) and cause = 'merge' $$,
    array['merge', 'merge'], 'both statuses changed by the merge'
);

select tests.acts_as('authenticated', tests.id('user', 'nina'));
select is(
    public.merge_mentors(tests.id('mentor', 'olle'), tests.id('mentor', 'olga')) -> 'moved',
    '{"activities": 0, "certifications": 0, "earned_badges": 0}', 'a second time nothing is moved'
);
select throws_ok(
    pg_temp.merge('berit', 'olle'), '22023', format('The mentor to keep was merged into %s already.', tests.id('mentor', 'olga')),
    'nobody is merged into a duplicate'
);
select throws_ok(
    pg_temp.merge('olle', 'berit'), '22023', format('The duplicate was merged into %s already.', tests.id('mentor', 'olga')), 'nor one twice'
);
select throws_ok(pg_temp.merge('olga', 'nobody'), 'PT404', null, 'whoever is not there is not found');
reset role;

-- Two coordinators who are mentors, too.
insert into public.peer_mentors (id, user_id, organisation_id, display_name)
values (tests.id('mentor', 'nina'), tests.id('user', 'nina'), tests.id('organisation', 'north'), 'nina');
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select throws_ok(pg_temp.merge('nina', 'berit'), '42501', null, 'nobody merges themselves away');
select throws_ok(pg_temp.merge('berit', 'nina'), '42501', null, 'or somebody into themselves');
reset role;
select tests.set_status('berit', 'withdrawn');
select throws_ok(pg_temp.merge('olga', 'berit'), '22023', 'The mentor to keep is withdrawn.', 'a withdrawn mentor is not the one to keep');

create function pg_temp.hint(statement text) returns text language plpgsql as $$
declare
    v_hint text;
begin
    execute hint.statement;
    return 'done';
exception
    when others then
        get stacked diagnostics v_hint = pg_exception_hint;
        return v_hint;
end
$$;
select is(tests.refusal(pg_temp.merge(duplicate, keep)), '22023 ' || argument, format('%s into %s: %s is wrong', duplicate, keep, argument))
from (
    values
    ('olga', 'olga', 'keep_id'), ('olga', 'sara', 'keep_id'), ('olga', 'berit', 'keep_id'), ('berit', 'olle', 'keep_id'), ('olle', 'berit', 'duplicate_id')
) as given (duplicate, keep, argument);
create temporary table advice as
select regexp_replace(pg_temp.hint(pg_temp.merge('olga', 'berit')), '.*transition_mentor_status\(mentor_id, ''(\w+)''\).*', '\1')::public.mentor_status as status;
select lives_ok(
    format('select public.transition_mentor_status(%L, %L)', tests.id('mentor', 'berit'), status), 'but can be brought back as the hint says'
)
from advice;
select is(tests.outcome('service_role', null, pg_temp.merge('olga', 'berit')), '1', 'and then kept');

select tests.make_mentor('berit2', 'north', 'bergen');
select tests.set_status('berit', 'active');
update public.peer_mentors set user_id = null where id = tests.id('mentor', 'berit');
select public.merge_mentors(tests.id('mentor', 'berit2'), tests.id('mentor', 'berit'));
select results_eq(
    $$ select user_id from public.peer_mentors where id in (tests.id('mentor', 'berit'), tests.id('mentor', 'berit2')) order by status $$,
    array[tests.id('user', 'berit2'), null], 'a user that the kept mentor lacks goes over, and is nobody''s twice'
);
select is_empty('select * from public.find_cross_org_awards()', 'and nothing crosses organisations');
select * from finish();
rollback;
