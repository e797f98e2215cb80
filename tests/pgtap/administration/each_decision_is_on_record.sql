-- By trigger, so by whomever and whatever way: one entry in administrative_changes for each decision that no other log holds.
begin;
select plan(31);
select tests.make_organisation('north');
select tests.make_chapter(name, 'north') from unnest(array['oslo', 'bergen']) as name;
select tests.make_coordinator('nina', 'north');
select tests.make_mentor('olga', 'north', 'oslo');
create temporary table seen (entry_id uuid);
-- What has been recorded since it was last asked.
create function pg_temp.news() returns table (subject text, subject_id uuid, change text, changed_by uuid, details jsonb)
language plpgsql as $$
begin
    return query
    select entry.subject_kind, entry.subject_id, entry.change_kind, entry.changed_by, entry.details
    from public.administrative_changes as entry
    where entry.id not in (select entry_id from seen)
    order by entry.changed_at;
    insert into seen select entry.id from public.administrative_changes as entry on conflict do nothing;
end
$$;
select results_eq(
    'select subject, change from pg_temp.news()',
    $$ values ('organisation', 'created'), ('chapter', 'created'), ('chapter', 'created'), ('coordinator_assignment', 'given'), ('mentor', 'added') $$,
    'an organisation, two chapters, an assignment and a mentor that are new'
);

insert into public.certifications (id, organisation_id, mentor_id, issued_on, expires_on)
values (tests.id('certificate', 'first'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), '2026-01-01', '2028-01-01');
select results_eq(
    'select * from pg_temp.news()',
    $$ values (
        'certification', tests.id('certificate', 'first'), 'issued', null::uuid,
        jsonb_build_object('mentor_id', tests.id('mentor', 'olga'), 'issued_on', '2026-01-01', 'expires_on', '2028-01-01')
    ) $$,
    'a certificate is issued'
);
update public.certifications set expires_on = '2062-01-01' where id = tests.id('certificate', 'first');
select results_eq(
    'select change, details ->> ''old_expires_on'', details ->> ''expires_on'' from pg_temp.news()',
    $$ values ('changed', '2028-01-01', '2062-01-01') $$, 'one that is changed by hand names both dates'
);
select tests.acts_as('authenticated', tests.id('user', 'nina'));
select public.renew_certification(tests.id('mentor', 'olga'), current_date, current_date + 100);
select public.void_certification(tests.id('certificate', 'first'), 'mistyped by Kari');
reset role;
select results_eq(
    'select subject, change, changed_by from pg_temp.news()',
    $$ values ('certification', 'renewed', tests.id('user', 'nina')), ('certification', 'voided', tests.id('user', 'nina')) $$,
    'renewed and voided, by whom'
);
delete from public.certifications where id = tests.id('certificate', 'first');
select results_eq('select change from pg_temp.news()', array['deleted'], 'and deleted');
select is_empty(
    $$ select from public.administrative_changes where details::text ~ 'Kari' $$, 'the reason, which is free text, is in no entry'
);

insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
values (tests.id('badge', 'one'), tests.id('organisation', 'north'), 'one', 'One', '{"metric": "activity_count", "at_least": 1}');
select results_eq(
    'select subject, subject_id, change, details from pg_temp.news()',
    $$ select 'badge_definition', tests.id('badge', 'one'), 'created', jsonb_build_object(
        'slug', 'one', 'new_version', 1, 'is_active', true,
        'new_criteria_sha256', encode(sha256(convert_to(criteria::text, 'UTF8')), 'hex')
    ) from public.badge_definitions $$,
    'a definition is created, with the hash of its criteria'
);
update public.badge_definitions set description = 'other words';
select is_empty('select * from pg_temp.news()', 'its words are not what counts');
update public.badge_definitions set criteria = '{"metric": "activity_count", "at_least": 2}', is_active = false;
select results_eq(
    'select change, details - ''{old_criteria_sha256,new_criteria_sha256}''::text[] from pg_temp.news()',
    $$ values ('criteria_changed', '{"old_version": 1, "new_version": 2}'::jsonb), ('deactivated', '{"criteria_version": 2}') $$,
    'changed criteria and a switch are two entries'
);
update public.badge_definitions set slug = 'first';
select results_eq(
    'select change, details from pg_temp.news()',
    $$ values ('slug_changed', '{"old_slug": "one", "new_slug": "first"}'::jsonb) $$,
    'so is a slug, by which other criteria name it'
);
update public.badge_definitions set criteria = '{"metric": "activity_count", "at_least": 1}', is_active = true;
select is((select count(*) from pg_temp.news()), 2::bigint, 'there and back');

select tests.make_activity('walk', 'olga');
select isnt_empty('select from public.earned_badges', 'the badge is earned');
select is_empty('select * from pg_temp.news()', 'which badge_evaluation_logs says already');
select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', 'one'), 'a reason');
select public.reinstate_badge(tests.id('mentor', 'olga'), tests.id('badge', 'one'), 'a reason');
select results_eq(
    'select subject, subject_id, change, details ->> ''mentor_id'' from pg_temp.news()',
    $$ select 'badge', tests.id('badge', 'one'), change, tests.id('mentor', 'olga')::text from unnest(array['revoked', 'reinstated']) as change $$,
    'revoked and reinstated'
);
delete from public.earned_badges;
select results_eq('select change from pg_temp.news()', array['deleted'], 'a badge that is deleted');
select tests.acts_as('service_role');
insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on)
values (tests.id('organisation', 'north'), tests.id('mentor', 'olga'), tests.id('badge', 'one'), 1, '[]', '2026-01-01');
reset role;
select results_eq('select change from pg_temp.news()', array['given'], 'one that is given by hand');
update public.earned_badges set qualified_on = '2025-01-01';
select results_eq(
    'select change, details ->> ''old_qualified_on'' from pg_temp.news()', $$ values ('changed', '2026-01-01') $$, 'and one that is changed by hand'
);

update public.coordinator_assignments set chapter_id = tests.id('chapter', 'oslo');
select results_eq(
    'select change, details from pg_temp.news()',
    $$ values
    ('taken', jsonb_build_object('user_id', tests.id('user', 'nina'), 'chapter_id', null)),
    ('given', jsonb_build_object('user_id', tests.id('user', 'nina'), 'chapter_id', tests.id('chapter', 'oslo'))) $$,
    'a changed assignment is one taken and one given'
);
delete from public.coordinator_assignments;
select results_eq('select change from pg_temp.news()', array['taken'], 'an assignment that is taken');
select tests.make_coordinator('nina', 'north');
select is((select count(*) from pg_temp.news()), 1::bigint, 'given again');

insert into public.organisation_settings (organisation_id, badges_enabled) values (tests.id('organisation', 'north'), false);
select results_eq(
    $$ select subject, change, details from pg_temp.news() where details ->> 'column' = 'badges_enabled' $$,
    $$ values ('organisation_settings', 'set', '{"column": "badges_enabled", "old": null, "new": false}'::jsonb) $$,
    'settings: each column, the defaults too'
);
update public.organisation_settings set badges_enabled = true, sync_max_attempts = 9;
select results_eq(
    'select details from pg_temp.news()',
    array['{"column": "badges_enabled", "old": false, "new": true}', '{"column": "sync_max_attempts", "old": 8, "new": 9}']::jsonb[],
    'a changed column, old and new, and none that stayed'
);
delete from public.organisation_settings;
select ok((select count(*) from pg_temp.news() where change = 'reset') >= 5, 'without a row the defaults apply');

select tests.acts_as('authenticated', tests.id('user', 'nina'));
select public.move_mentor(tests.id('mentor', 'olga'), tests.id('chapter', 'bergen'));
reset role;
select results_eq(
    'select change, changed_by, details from pg_temp.news()',
    $$ values ('moved', tests.id('user', 'nina'), jsonb_build_object(
        'old_chapter_id', tests.id('chapter', 'oslo'), 'new_chapter_id', tests.id('chapter', 'bergen')
    )) $$, 'a mentor who moves'
);
update public.peer_mentors set user_id = null, dynamics_contact_id = tests.id('contact', 'olga');
select results_eq('select change from pg_temp.news()', array['user_linked', 'contact_linked'], 'another user, another contact');
update public.peer_mentors set display_name = 'Another', phone = '41234567', email = 'o@example.no';
select is_empty('select * from pg_temp.news()', 'names and addresses are nowhere');
select public.forget_mentor(tests.id('mentor', 'olga'));
select results_eq('select change from pg_temp.news()', array['forgotten'], 'a mentor who is forgotten');

update public.organisations set time_zone = 'Atlantic/Reykjavik';
select results_eq(
    'select details from pg_temp.news()',
    array['{"old_time_zone": "Europe/Oslo", "new_time_zone": "Atlantic/Reykjavik"}']::jsonb[], 'another time zone'
);

alter table public.administrative_changes add constraint nothing_fits check (false) not valid;
select throws_ok(
    $$ update public.organisations set time_zone = 'Europe/Oslo' $$, '23514', null, 'what cannot be recorded is not changed'
);
select throws_ok($$ update public.certifications set expires_on = '2031-01-01' $$, '23514', null, 'nor is a certificate');
alter table public.administrative_changes drop constraint nothing_fits;
select is(
    (
        select count(*) from pg_trigger
        where tgfoid = 'private.tg_all__keep_id'::regproc and tgrelid::regclass in (
            'public.activities', 'public.badge_definitions', 'public.certifications', 'public.coordinator_assignments',
            'public.earned_badges', 'public.organisation_settings', 'public.organisations', 'public.peer_mentors'
        )
    ), 8::bigint, 'no row gets another id'
);
select * from finish();
rollback;
