-- Whole, with what it was before and what it is now, for each row of a statement, and nothing of what stayed. As the service role, whom no
-- log lets add anything itself.
begin;
select plan(24);
create temporary table seen (entry_id uuid);
grant all on seen to public;
create function pg_temp.news() returns table (subject_kind text, subject_id uuid, change_kind text, organisation_id uuid, details jsonb)
language plpgsql security definer
as $$
begin
    return query
    select entry.subject_kind, entry.subject_id, entry.change_kind, entry.organisation_id, entry.details
    from public.administrative_changes as entry
    where entry.id not in (select entry_id from seen)
    order by entry.changed_at, entry.details;
    insert into seen select entry.id from public.administrative_changes as entry on conflict do nothing;
end
$$;
create function pg_temp.news_are(kind text, id_kind text, expected text, description text) returns text
language sql
as $$
    select results_eq(
        'select subject_kind, subject_id, change_kind, organisation_id, details from pg_temp.news() order by change_kind, subject_id, details',
        format(
            'select %L, tests.id(%L, name), change_kind, tests.id(''organisation'', organisation), details::jsonb '
            'from (%s) as expected (name, change_kind, organisation, details) order by change_kind, 2, details::jsonb',
            kind, id_kind, expected
        ),
        description
    )
$$;
create function pg_temp.sha256(criteria text) returns text
language sql
as $$ select encode(sha256(convert_to((criteria::jsonb)::text, 'UTF8')), 'hex') $$;

select tests.acts_as('service_role');
insert into public.organisations (id, slug, name, time_zone)
values (tests.id('organisation', 'north'), 'north', 'North', 'Europe/Oslo'), (tests.id('organisation', 'south'), 'south', 'South', 'Europe/London');
select pg_temp.news_are('organisation', 'organisation', $$
    values
    ('north', 'created', 'north', '{"slug": "north", "time_zone": "Europe/Oslo"}'), ('south', 'created', 'south', '{"slug": "south", "time_zone": "Europe/London"}')
$$, 'organisations');
update public.organisations set slug = slug || '-2', time_zone = case slug when 'north' then 'Europe/Helsinki' else time_zone end;
select pg_temp.news_are('organisation', 'organisation', $$
    values
    ('north', 'slug_changed', 'north', '{"old_slug": "north", "new_slug": "north-2"}'),
    ('north', 'time_zone_changed', 'north', '{"old_time_zone": "Europe/Oslo", "new_time_zone": "Europe/Helsinki"}'),
    ('south', 'slug_changed', 'south', '{"old_slug": "south", "new_slug": "south-2"}')
$$, 'what of them changed');
insert into public.organisations (id, slug, name) values (tests.id('organisation', 'gone'), 'gone', 'Gone');
reset role;
delete from public.organisations where slug = 'gone';
select pg_temp.news_are('organisation', 'organisation', $$
    values ('gone', 'created', 'gone', '{"slug": "gone", "time_zone": "Europe/Oslo"}'), ('gone', 'deleted', 'gone', '{}')
$$, 'one that is deleted');

select tests.acts_as('service_role');
insert into public.chapters (id, organisation_id, name)
values
(tests.id('chapter', 'oslo'), tests.id('organisation', 'north'), 'oslo'), (tests.id('chapter', 'bergen'), tests.id('organisation', 'north'), 'bergen'),
(tests.id('chapter', 'gone'), tests.id('organisation', 'south'), 'gone');
select pg_temp.news_are('chapter', 'chapter', $$
    values ('oslo', 'created', 'north', '{}'), ('bergen', 'created', 'north', '{}'), ('gone', 'created', 'south', '{}')
$$, 'chapters');
reset role;
delete from public.chapters where name = 'gone';
select pg_temp.news_are('chapter', 'chapter', $$ values ('gone', 'deleted', 'south', '{}') $$, 'one that is deleted');

select tests.acts_as('service_role');
insert into public.coordinator_assignments (id, organisation_id, user_id, chapter_id)
values
(tests.id('assignment', 'nina'), tests.id('organisation', 'north'), tests.id('user', 'nina'), null),
(tests.id('assignment', 'oskar'), tests.id('organisation', 'north'), tests.id('user', 'oskar'), tests.id('chapter', 'oslo'));
select pg_temp.news_are('coordinator_assignment', 'assignment', $$
    values
    ('nina', 'given', 'north', jsonb_build_object('user_id', tests.id('user', 'nina'), 'chapter_id', null)),
    ('oskar', 'given', 'north', jsonb_build_object('user_id', tests.id('user', 'oskar'), 'chapter_id', tests.id('chapter', 'oslo')))
$$, 'assignments');
update public.coordinator_assignments set chapter_id = tests.id('chapter', 'bergen');
select pg_temp.news_are('coordinator_assignment', 'assignment', $$
    values
    ('nina', 'taken', 'north', jsonb_build_object('user_id', tests.id('user', 'nina'), 'chapter_id', null)),
    ('oskar', 'taken', 'north', jsonb_build_object('user_id', tests.id('user', 'oskar'), 'chapter_id', tests.id('chapter', 'oslo'))),
    ('nina', 'given', 'north', jsonb_build_object('user_id', tests.id('user', 'nina'), 'chapter_id', tests.id('chapter', 'bergen'))),
    ('oskar', 'given', 'north', jsonb_build_object('user_id', tests.id('user', 'oskar'), 'chapter_id', tests.id('chapter', 'bergen')))
$$, 'changed ones are taken and given');
delete from public.coordinator_assignments;
select pg_temp.news_are('coordinator_assignment', 'assignment', $$
    select name, 'taken', 'north', jsonb_build_object('user_id', tests.id('user', name), 'chapter_id', tests.id('chapter', 'bergen'))
    from unnest(array['nina', 'oskar']) as name
$$, 'and deleted ones taken');

insert into public.organisation_settings (organisation_id, sync_max_attempts) select id, 9 from public.organisations;
select pg_temp.news_are('organisation_settings', 'organisation', $$
    select case organisation_id when tests.id('organisation', 'north') then 'north' else 'south' end, 'set',
        case organisation_id when tests.id('organisation', 'north') then 'north' else 'south' end,
        jsonb_build_object('column', setting.key, 'old', null, 'new', setting.value)
    from public.organisation_settings as settings cross join jsonb_each(to_jsonb(settings) - 'organisation_id') as setting
$$, 'settings, each column by itself and nothing beside');
update public.organisation_settings set sync_max_attempts = case organisation_id when tests.id('organisation', 'north') then 3 else 4 end, badges_enabled = true;
select pg_temp.news_are('organisation_settings', 'organisation', $$
    values
    ('north', 'set', 'north', '{"column": "sync_max_attempts", "old": 9, "new": 3}'), ('south', 'set', 'south', '{"column": "sync_max_attempts", "old": 9, "new": 4}')
$$, 'what of them changed');
create temporary table reset as select to_jsonb(settings) as settings from public.organisation_settings as settings;
delete from public.organisation_settings;
select pg_temp.news_are('organisation_settings', 'organisation', $$
    select case settings ->> 'organisation_id' when tests.id('organisation', 'north')::text then 'north' else 'south' end, 'reset',
        case settings ->> 'organisation_id' when tests.id('organisation', 'north')::text then 'north' else 'south' end,
        jsonb_build_object('column', setting.key, 'old', setting.value, 'new', null)
    from reset cross join jsonb_each(settings - 'organisation_id') as setting
$$, 'and what they were when they are reset');

insert into public.peer_mentors (id, organisation_id, chapter_id, user_id, dynamics_contact_id, display_name, created_at)
select
    tests.id('mentor', name), tests.id('organisation', 'north'), case name when 'olga' then tests.id('chapter', 'oslo') end, tests.id('user', name),
    case name when 'olga' then tests.id('contact', 'olga') end, name, timestamptz '2026-01-01 12:00+00'
from unnest(array['olga', 'berit']) as name;
select pg_temp.news_are('mentor', 'mentor', $$
    select
        name, 'added', 'north',
        jsonb_build_object(
            'chapter_id', case name when 'olga' then tests.id('chapter', 'oslo') end, 'user_id', tests.id('user', name), 'status', 'active',
            'dynamics_contact_id', case name when 'olga' then tests.id('contact', 'olga') end, 'merged_into', null,
            'created_at', timestamptz '2026-01-01 12:00+00'
        )
    from unnest(array['olga', 'berit']) as name
$$, 'mentors');
reset role;
update public.peer_mentors
set
    chapter_id = tests.id('chapter', 'bergen'), user_id = case display_name when 'berit' then tests.id('user', 'another') else user_id end,
    dynamics_contact_id = null, created_at = case display_name when 'berit' then timestamptz '2025-01-01 12:00+00' else created_at end;
select pg_temp.news_are('mentor', 'mentor', $$
    values
    ('olga', 'moved', 'north', jsonb_build_object('old_chapter_id', tests.id('chapter', 'oslo'), 'new_chapter_id', tests.id('chapter', 'bergen'))),
    ('berit', 'moved', 'north', jsonb_build_object('old_chapter_id', null, 'new_chapter_id', tests.id('chapter', 'bergen'))),
    ('berit', 'user_linked', 'north', jsonb_build_object('old_user_id', tests.id('user', 'berit'), 'new_user_id', tests.id('user', 'another'))),
    ('berit', 'start_changed', 'north', jsonb_build_object(
        'old_created_at', timestamptz '2026-01-01 12:00+00', 'new_created_at', timestamptz '2025-01-01 12:00+00'
    )),
    ('olga', 'contact_linked', 'north', jsonb_build_object('old_dynamics_contact_id', tests.id('contact', 'olga'), 'new_dynamics_contact_id', null))
$$, 'each sort of change by itself');
update public.peer_mentors set merged_into = tests.id('mentor', 'olga') where display_name = 'berit';
select pg_temp.news_are('mentor', 'mentor', $$
    values ('berit', 'merged', 'north', jsonb_build_object('merged_into', tests.id('mentor', 'olga')))
$$, 'one that is merged');
delete from public.hlf_removals;
delete from public.hlf_sync_state;
update public.peer_mentors set organisation_id = tests.id('organisation', 'south'), chapter_id = null, merged_into = null where display_name = 'berit';
delete from public.hlf_removals;
delete from public.hlf_sync_state;
delete from public.peer_mentors where display_name = 'berit';
select pg_temp.news_are('mentor', 'mentor', $$
    values
    ('berit', 'moved', 'south', jsonb_build_object(
        'old_chapter_id', tests.id('chapter', 'bergen'), 'new_chapter_id', null, 'old_organisation_id', tests.id('organisation', 'north')
    )),
    ('berit', 'merged', 'south', '{"merged_into": null}'),
    ('berit', 'deleted', 'south', jsonb_build_object('chapter_id', null, 'user_id', tests.id('user', 'another'), 'status', 'active'))
$$, 'one that goes to another organisation and is deleted there');

select tests.acts_as('service_role');
insert into public.certifications (id, organisation_id, mentor_id, issued_on, expires_on)
select tests.id('certificate', name), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), '2026-01-01', '2030-01-01'
from unnest(array['first', 'second']) as name;
insert into public.peer_mentors (id, organisation_id, display_name) values (tests.id('mentor', 'anna'), tests.id('organisation', 'north'), 'anna');
insert into public.certifications (id, organisation_id, mentor_id, issued_on, expires_on)
select tests.id('certificate', 'of ' || name), tests.id('organisation', 'north'), tests.id('mentor', name), '2026-02-02', '2030-02-02'
from unnest(array['olga', 'anna']) as name;
delete from seen where entry_id in (select id from public.administrative_changes where subject_kind <> 'certification');
insert into seen select id from public.administrative_changes where subject_kind <> 'certification';
select pg_temp.news_are('certification', 'certificate', $$
    select name, kind, 'north', jsonb_build_object('mentor_id', tests.id('mentor', mentor), 'issued_on', issued_on, 'expires_on', expires_on)
    from (
        values
        ('first', 'issued', 'olga', '2026-01-01', '2030-01-01'), ('second', 'issued', 'olga', '2026-01-01', '2030-01-01'),
        ('of olga', 'renewed', 'olga', '2026-02-02', '2030-02-02'), ('of anna', 'issued', 'anna', '2026-02-02', '2030-02-02')
    ) as given (name, kind, mentor, issued_on, expires_on)
$$, 'a first certificate is issued, one that comes to others renews them');
reset role;
update public.certifications
set
    voided_at = case when id = tests.id('certificate', 'first') then now() end,
    expires_on = case when id = tests.id('certificate', 'second') then date '2031-01-01' else expires_on end,
    issued_on = case when id = tests.id('certificate', 'of olga') then date '2025-01-01' else issued_on end,
    mentor_id = case when id = tests.id('certificate', 'of olga') then tests.id('mentor', 'anna') else mentor_id end;
select pg_temp.news_are('certification', 'certificate', $$
    values
    ('first', 'voided', 'north', jsonb_build_object('mentor_id', tests.id('mentor', 'olga'), 'issued_on', '2026-01-01', 'expires_on', '2030-01-01')),
    ('second', 'changed', 'north', jsonb_build_object(
        'mentor_id', tests.id('mentor', 'olga'), 'issued_on', '2026-01-01', 'expires_on', '2031-01-01', 'old_expires_on', '2030-01-01'
    )),
    ('of olga', 'changed', 'north', jsonb_build_object(
        'mentor_id', tests.id('mentor', 'anna'), 'issued_on', '2025-01-01', 'expires_on', '2030-02-02', 'old_mentor_id', tests.id('mentor', 'olga'),
        'old_issued_on', '2026-02-02'
    ))
$$, 'of changed ones what it was before, and of the others nothing');
update public.certifications
set
    voided_at = case when id = tests.id('certificate', 'of anna') then now() end,
    expires_on = case when id = tests.id('certificate', 'first') then date '2030-05-05' else expires_on end;
update public.certifications set voided_at = voided_at + interval '1 hour' where voided_at is not null;
delete from public.certifications where id = tests.id('certificate', 'of anna');
select pg_temp.news_are('certification', 'certificate', $$
    values
    ('of anna', 'voided', 'north', jsonb_build_object('mentor_id', tests.id('mentor', 'anna'), 'issued_on', '2026-02-02', 'expires_on', '2030-02-02')),
    ('first', 'restored', 'north', jsonb_build_object(
        'mentor_id', tests.id('mentor', 'olga'), 'issued_on', '2026-01-01', 'expires_on', '2030-05-05', 'old_expires_on', '2030-01-01'
    )),
    ('of anna', 'changed', 'north', jsonb_build_object('mentor_id', tests.id('mentor', 'anna'), 'issued_on', '2026-02-02', 'expires_on', '2030-02-02')),
    ('of anna', 'deleted', 'north', jsonb_build_object('mentor_id', tests.id('mentor', 'anna'), 'issued_on', '2026-02-02', 'expires_on', '2030-02-02'))
$$, 'voided, brought back, corrected and deleted');

select tests.acts_as('service_role');
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', name), tests.id('organisation', 'north'), name, name, format('{"metric": "activity_count", "at_least": %s}', number)::jsonb
from (values ('one', 1), ('two', 2), ('gone', 3)) as given (name, number);
select pg_temp.news_are('badge_definition', 'badge', $$
    select
        name, 'created', 'north',
        jsonb_build_object(
            'slug', name, 'new_version', 1, 'is_active', true,
            'new_criteria_sha256', pg_temp.sha256(format('{"metric": "activity_count", "at_least": %s}', number))
        )
    from (values ('one', 1), ('two', 2), ('gone', 3)) as given (name, number)
$$, 'definitions');
update public.badge_definitions
set
    criteria = case slug when 'one' then jsonb '{"metric": "activity_count", "at_least": 9}' else criteria end,
    is_active = slug <> 'two', slug = case slug when 'two' then 'second' else slug end;
update public.badge_definitions set is_active = true where slug = 'second';
reset role;
delete from public.badge_definitions where slug = 'gone';
select pg_temp.news_are('badge_definition', 'badge', $$
    values
    ('one', 'criteria_changed', 'north', jsonb_build_object(
        'old_version', 1, 'new_version', 2, 'old_criteria_sha256', pg_temp.sha256('{"metric": "activity_count", "at_least": 1}'),
        'new_criteria_sha256', pg_temp.sha256('{"metric": "activity_count", "at_least": 9}')
    )),
    ('two', 'deactivated', 'north', '{"criteria_version": 1}'), ('two', 'slug_changed', 'north', '{"old_slug": "two", "new_slug": "second"}'),
    ('two', 'activated', 'north', '{"criteria_version": 1}'),
    ('gone', 'deleted', 'north', jsonb_build_object(
        'old_version', 1, 'old_criteria_sha256', pg_temp.sha256('{"metric": "activity_count", "at_least": 3}')
    ))
$$, 'criteria, switches and names are entries of their own');

select tests.acts_as('service_role');
insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on)
select tests.id('organisation', 'north'), tests.id('mentor', mentor), tests.id('badge', name), 1, '[]', '2026-01-01'
from (values ('olga', 'one'), ('olga', 'two'), ('anna', 'one'), ('anna', 'two')) as given (mentor, name);
select pg_temp.news_are('badge', 'badge', $$
    select name, 'given', 'north', jsonb_build_object('mentor_id', tests.id('mentor', mentor), 'criteria_version', 1, 'qualified_on', '2026-01-01')
    from (values ('olga', 'one'), ('olga', 'two'), ('anna', 'one'), ('anna', 'two')) as given (mentor, name)
$$, 'badges that are given by hand');
reset role;
create function pg_temp.badge(mentor text, name text) returns jsonb
language sql
as $$ select jsonb_build_object('mentor_id', tests.id('mentor', mentor), 'criteria_version', 1, 'qualified_on', '2026-01-01') $$;
delete from public.earned_badges where mentor_id = tests.id('mentor', 'anna') and badge_definition_id = tests.id('badge', 'two');
update public.earned_badges
set
    revoked_at = case when mentor_id = tests.id('mentor', 'anna') then now() end,
    criteria_version = case when mentor_id = tests.id('mentor', 'olga') and badge_definition_id = tests.id('badge', 'two') then 2 else 1 end;
select pg_temp.news_are('badge', 'badge', $$
    values
    ('two', 'deleted', 'north', jsonb_build_object('mentor_id', tests.id('mentor', 'anna'), 'criteria_version', 1, 'was_revoked', false)),
    ('one', 'revoked', 'north', pg_temp.badge('anna', 'one')),
    ('two', 'changed', 'north', pg_temp.badge('olga', 'two') || '{"criteria_version": 2, "old_criteria_version": 1}')
$$, 'revoked, changed and deleted, and of what stayed nothing');
update public.earned_badges set mentor_id = tests.id('mentor', 'anna'), qualified_on = '2025-01-01' where badge_definition_id = tests.id('badge', 'two');
update public.earned_badges set badge_definition_id = tests.id('badge', 'two') where mentor_id = tests.id('mentor', 'olga');
update public.earned_badges set revoked_at = revoked_at + interval '1 hour' where revoked_at is not null;
update public.earned_badges set revoked_at = null where revoked_at is not null;
update public.earned_badges set revoked_at = now() where mentor_id = tests.id('mentor', 'anna') and badge_definition_id = tests.id('badge', 'one');
delete from public.earned_badges where revoked_at is not null;
select pg_temp.news_are('badge', 'badge', $$
    values
    ('two', 'changed', 'north', pg_temp.badge('anna', 'two') || jsonb_build_object(
        'criteria_version', 2, 'old_mentor_id', tests.id('mentor', 'olga'), 'qualified_on', '2025-01-01', 'old_qualified_on', '2026-01-01'
    )),
    ('two', 'changed', 'north', pg_temp.badge('olga', 'two') || jsonb_build_object('old_badge_definition_id', tests.id('badge', 'one'))),
    ('one', 'changed', 'north', pg_temp.badge('anna', 'one')), ('one', 'reinstated', 'north', pg_temp.badge('anna', 'one')),
    ('one', 'revoked', 'north', pg_temp.badge('anna', 'one')),
    ('one', 'deleted', 'north', jsonb_build_object('mentor_id', tests.id('mentor', 'anna'), 'criteria_version', 1, 'was_revoked', true))
$$, 'of another mentor and of another badge, which they were before');
select is(
    tests.outcome('service_role', null, format('update public.%I set id = gen_random_uuid()', name)), '42501', 'no row gets another id: ' || name
)
from unnest(array['certifications']) as name;
select * from finish();
rollback;
