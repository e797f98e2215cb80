-- Whatever is decided by hand and stands in no other log: each fact is what the newest entry says of it, and is there or not as it says.
begin;
select plan(89);
set local timezone = 'America/New_York';
select tests.make_two_organisations();
select tests.make_organisation('west');
create function pg_temp.gap("check" text, kind text, name text, detail text, hole text default null) returns text
language sql
as $$
    select concat_ws(' | ', "check", 'administrative_changes', tests.id(kind, name), detail, '(' || hole || ')')
$$;
-- Everything there can be, changed the ordinary way, taken away and given again.
insert into public.badge_definitions (id, organisation_id, slug, name, criteria)
select tests.id('badge', name), tests.id('organisation', 'north'), name, name, '{"metric": "activity_count", "at_least": 100}'
from unnest(array['one', 'two', 'gone', 'empty', 'given']) as name;
update public.badge_definitions set criteria = '{"metric": "activity_count", "at_least": 1}' where slug = 'one';
update public.badge_definitions set is_active = false where slug in ('two', 'one');
update public.badge_definitions set is_active = true, slug = 'first' where slug = 'one';
delete from public.badge_definitions where slug = 'gone';
select tests.make_mentor('anna', 'north');
select tests.make_activity('walk of ' || mentor, mentor) from unnest(array['olga', 'berit', 'anna']) as mentor;
insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on)
select tests.id('organisation', 'north'), tests.id('mentor', mentor), tests.id('badge', 'two'), 1, '[]', '2026-01-01'
from unnest(array['olga', 'berit']) as mentor;
insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on)
values (tests.id('organisation', 'north'), tests.id('mentor', 'anna'), tests.id('badge', 'given'), 1, '[]', '2026-01-01');
select public.revoke_badge(tests.id('mentor', 'olga'), tests.id('badge', name), 'a reason') from unnest(array['one', 'two']) as name;
select public.reinstate_badge(tests.id('mentor', 'olga'), tests.id('badge', 'two'), 'a reason');
delete from public.earned_badges where mentor_id = tests.id('mentor', 'berit') and badge_definition_id = tests.id('badge', 'two');
update public.earned_badges set qualified_on = '2025-01-01' where mentor_id = tests.id('mentor', 'olga');
select tests.make_mentor('moved to', 'north');
update public.earned_badges set mentor_id = tests.id('mentor', 'moved to') where mentor_id = tests.id('mentor', 'berit');
insert into public.certifications (id, organisation_id, mentor_id, issued_on, expires_on)
select tests.id('certificate', name), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), '2026-01-01', '2031-01-01'
from unnest(array['kept', 'voided', 'restored', 'gone']) as name;
insert into public.certifications (id, organisation_id, mentor_id, issued_on, expires_on)
values (tests.id('certificate', 'renewed'), tests.id('organisation', 'north'), tests.id('mentor', 'olga'), '2026-01-01', '2033-01-01');
update public.certifications set voided_at = now() where id in (tests.id('certificate', 'voided'), tests.id('certificate', 'restored'));
update public.certifications set voided_at = null where id = tests.id('certificate', 'restored');
update public.certifications set expires_on = '2032-01-01' where id <> tests.id('certificate', 'renewed');
delete from public.certifications where id = tests.id('certificate', 'gone');
insert into public.organisation_settings (organisation_id, quiet_from) select id, '22:00' from public.organisations where slug <> 'west';
update public.organisation_settings set sync_max_attempts = 9;
delete from public.organisation_settings where organisation_id = tests.id('organisation', 'south');
update public.organisations set time_zone = 'Europe/Helsinki', slug = 'nord' where slug = 'north';
update public.coordinator_assignments set chapter_id = tests.id('chapter', 'bergen') where user_id = tests.id('user', 'oskar');
select tests.make_coordinator('gone', 'north');
delete from public.coordinator_assignments where user_id = tests.id('user', 'gone');
select tests.make_chapter('gone', 'north'), tests.make_chapter('empty', 'north');
insert into public.peer_mentors (id, organisation_id, display_name, status)
values (tests.id('mentor', 'nobody'), tests.id('organisation', 'north'), 'nobody', 'active');
delete from public.chapters where name = 'gone';
update public.peer_mentors set user_id = tests.id('user', 'another'), dynamics_contact_id = tests.id('contact', 'olga'), created_at = '2020-01-01 12:00+00'
where id = tests.id('mentor', 'olga');
select public.move_mentor(tests.id('mentor', 'olga'), tests.id('chapter', 'bergen'));
select public.merge_mentors(duplicate_id => tests.id('mentor', 'moved to'), keep_id => tests.id('mentor', 'berit'));
set local timezone = 'Asia/Tokyo';
select is(tests.gaps_after('select'), '{}', 'what goes the ordinary way is complete, whatever the time zone');
select tests.switch_triggers_off();
select is(tests.gaps_after('select'), '{}', 'nor does it matter that nobody looks');

-- Each field of each fact.
select is(
    tests.gaps_after(format('update public.%I set %s', table_name, statement)),
    array[pg_temp.gap('fact_differs', id_kind, name, format('%s %s%s', subject_kind, field, ' of ' || tests.id('mentor', mentor)))],
    format('%s: %s', table_name, statement)
)
from (
    values
    ('organisations', 'organisation', 'slug', 'organisation', 'north', null, 'slug = ''another'' where slug = ''nord'''),
    ('organisations', 'organisation', 'time_zone', 'organisation', 'north', null, 'time_zone = ''Europe/Oslo'' where slug = ''nord'''),
    ('organisation_settings', 'organisation_settings', 'sync_max_attempts', 'organisation', 'north', null, 'sync_max_attempts = 8'),
    ('organisation_settings', 'organisation_settings', 'badges_enabled', 'organisation', 'north', null, 'badges_enabled = false'),
    ('organisation_settings', 'organisation_settings', 'quiet_from', 'organisation', 'north', null, 'quiet_from = ''21:00'''),
    ('chapters', 'chapter', 'organisation_id', 'chapter', 'oslo', null, 'organisation_id = tests.id(''organisation'', ''south'') where name = ''oslo'''),
    (
        'peer_mentors', 'mentor', 'chapter_id', 'mentor', 'olga', null,
        'chapter_id = tests.id(''chapter'', ''oslo'') where id = tests.id(''mentor'', ''olga'')'
    ),
    (
        'peer_mentors', 'mentor', 'user_id', 'mentor', 'olga', null,
        'user_id = tests.id(''user'', ''olga'') where id = tests.id(''mentor'', ''olga'')'
    ),
    (
        'peer_mentors', 'mentor', 'dynamics_contact_id', 'mentor', 'olga', null,
        'dynamics_contact_id = null where id = tests.id(''mentor'', ''olga'')'
    ),
    (
        'peer_mentors', 'mentor', 'created_at', 'mentor', 'olga', null,
        'created_at = created_at + interval ''1 microsecond'' where id = tests.id(''mentor'', ''olga'')'
    ),
    ('peer_mentors', 'mentor', 'merged_into', 'mentor', 'moved to', null, 'merged_into = null'),
    ('badge_definitions', 'badge_definition', 'slug', 'badge', 'one', null, 'slug = ''one'' where slug = ''first'''),
    ('badge_definitions', 'badge_definition', 'is_active', 'badge', 'one', null, 'is_active = false where slug = ''first'''),
    ('badge_definitions', 'badge_definition', 'is_active', 'badge', 'two', null, 'is_active = true'),
    ('badge_definitions', 'badge_definition', 'criteria_version', 'badge', 'one', null, 'criteria_version = 1'),
    ('badge_definitions', 'badge_definition', 'criteria_version', 'badge', 'empty', null, 'criteria_version = 3 where slug = ''empty'''),
    (
        'badge_definitions', 'badge_definition', 'criteria_sha256', 'badge', 'two', null,
        'criteria = ''{"metric": "activity_count", "at_least": 9}'' where slug = ''two'''
    ),
    (
        'earned_badges', 'badge', 'is_revoked', 'badge', 'one', 'olga',
        'revoked_at = null, revoke_reason = null where badge_definition_id = tests.id(''badge'', ''one'') and mentor_id = tests.id(''mentor'', ''olga'')'
    ),
    (
        'earned_badges', 'badge', 'is_revoked', 'badge', 'two', 'olga',
        'revoked_at = now() where badge_definition_id = tests.id(''badge'', ''two'')'
    ),
    (
        'earned_badges', 'badge', 'is_revoked', 'badge', 'one', 'berit',
        'revoked_at = now() where badge_definition_id = tests.id(''badge'', ''one'') and mentor_id = tests.id(''mentor'', ''berit'')'
    ),
    ('earned_badges', 'badge', 'is_revoked', 'badge', 'given', 'anna', 'revoked_at = now() where badge_definition_id = tests.id(''badge'', ''given'')'),
    (
        'earned_badges', 'badge', 'qualified_on', 'badge', 'two', 'olga',
        'qualified_on = ''2024-01-01'' where badge_definition_id = tests.id(''badge'', ''two'')'
    ),
    (
        'earned_badges', 'badge', 'criteria_version', 'badge', 'two', 'olga',
        'criteria_version = 7 where badge_definition_id = tests.id(''badge'', ''two'')'
    ),
    ('certifications', 'certification', 'expires_on', 'certificate', 'kept', null, 'expires_on = ''2062-01-01'' where id = tests.id(''certificate'', ''kept'')'),
    ('certifications', 'certification', 'issued_on', 'certificate', 'kept', null, 'issued_on = ''2025-01-01'' where id = tests.id(''certificate'', ''kept'')'),
    ('certifications', 'certification', 'is_voided', 'certificate', 'kept', null, 'voided_at = now() where id = tests.id(''certificate'', ''kept'')'),
    ('certifications', 'certification', 'is_voided', 'certificate', 'renewed', null, 'voided_at = now() where id = tests.id(''certificate'', ''renewed'')'),
    ('certifications', 'certification', 'is_voided', 'certificate', 'voided', null, 'voided_at = null where id = tests.id(''certificate'', ''voided'')'),
    ('certifications', 'certification', 'is_voided', 'certificate', 'restored', null, 'voided_at = now() where id = tests.id(''certificate'', ''restored'')'),
    (
        'certifications', 'certification', 'mentor_id', 'certificate', 'kept', null,
        'mentor_id = tests.id(''mentor'', ''berit'') where id = tests.id(''certificate'', ''kept'')'
    )
) as deed (table_name, subject_kind, field, id_kind, name, mentor, statement);
select is(
    tests.gaps_after(format('update public.coordinator_assignments set %s where user_id = tests.id(''user'', ''oskar'')', statement)),
    array[concat_ws(' | ', 'fact_differs', 'administrative_changes', id, 'coordinator_assignment ' || field)], 'an assignment: ' || statement
)
from public.coordinator_assignments
cross join (
    values
    ('user_id', 'user_id = tests.id(''user'', ''another'')'), ('chapter_id', 'chapter_id = tests.id(''chapter'', ''oslo'')'),
    ('chapter_id', 'chapter_id = null')
) as deed (field, statement)
where user_id = tests.id('user', 'oskar');

select is(
    tests.gaps_after(
        'set local session_replication_role = ''replica''; update public.earned_badges set organisation_id = tests.id(''organisation'', ''south'') '
        'where mentor_id = tests.id(''mentor'', ''anna'') and badge_definition_id = tests.id(''badge'', ''one'')'
    ), array[pg_temp.gap('fact_differs', 'badge', 'one', 'badge organisation_id of ' || tests.id('mentor', 'anna'))], 'a badge of another organisation'
);

-- What is there and should not be, and the other way round.
create function pg_temp.kinds_after(statements text) returns text[]
language sql
as $$
    select array(
        select concat_ws(' | ', split_part(found, ' | ', 1), regexp_replace(split_part(found, ' | ', 4), ' of .*', ''), substring(found from ' \((.*)\)$'))
        from unnest(tests.gaps_after(statements)) as found order by 1
    )
$$;
create temporary table appearances (kind text, there_since text, statement text);
insert into appearances
values
('organisation', 'created_at', 'insert into public.organisations (id, slug, name) values (tests.id(''organisation'', ''new''), ''new'', ''new'')'),
(
    'organisation_settings', null,
    'insert into public.organisation_settings (organisation_id) values (tests.id(''organisation'', ''west''))'
),
('chapter', null, 'select tests.make_chapter(''new'', ''north'')'),
('coordinator_assignment', 'created_at', 'select tests.make_coordinator(''new'', ''north'')'),
(
    'mentor', 'created_at',
    'select tests.make_mentor(''new'', ''north'')'
),
(
    'badge_definition', 'created_at',
    'insert into public.badge_definitions (organisation_id, slug, name, criteria) '
    'values (tests.id(''organisation'', ''north''), ''new'', ''new'', ''{"metric": "activity_count", "at_least": 1}'')'
),
(
    'badge', 'earned_at',
    'insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on) '
    'values (tests.id(''organisation'', ''north''), tests.id(''mentor'', ''moved to''), tests.id(''badge'', ''two''), 1, ''[]'', ''2026-01-01'')'
),
('certification', 'created_at', 'select tests.make_certificate(''olga'', ''2031-05-05'')');
select is(pg_temp.kinds_after(statement), array['fact_without_entry | ' || kind], 'made by nobody: ' || kind) from appearances;
select is(
    pg_temp.kinds_after(statement || '; select tests.make_archived(''administrative_changes'', ''2019-03-01'')'),
    array[concat_ws(' | ', 'fact_without_entry', kind, case when there_since is null then 'archived' end)],
    format('%s of after the archives', kind)
)
from appearances;
create function pg_temp.of(kind text, there_since text, at timestamptz, archived text) returns text
language sql
as $$
    select format(
        '; update public.%I set %I = %L where %I >= now(); select tests.make_archived(%L, ''2019-03-01'')',
        case kind
            when 'organisation' then 'organisations' when 'coordinator_assignment' then 'coordinator_assignments' when 'mentor' then 'peer_mentors'
            when 'badge_definition' then 'badge_definitions' when 'badge' then 'earned_badges' when 'certification' then 'certifications'
        end, there_since, at, there_since, archived
    )
$$;
select is(
    array(
        select found
        from unnest(pg_temp.kinds_after(statement || pg_temp.of(kind, there_since, at, archived))) as found
        where found like 'fact_without_entry%'
    ),
    array[concat_ws(' | ', 'fact_without_entry', kind, hole)], format('%s of %s, %s archived', kind, at, archived)
)
from appearances
cross join (
    values
    (timestamptz '2019-03-31 23:59:59.999999+00', 'administrative_changes', 'archived'),
    ('2019-04-01 00:00+00', 'administrative_changes', null)
) as given (at, archived, hole)
where there_since is not null;
-- An award is recorded by its evaluation.
select is(
    pg_temp.kinds_after(statement || pg_temp.of(kind, there_since, at, 'badge_evaluation_logs')),
    array[concat_ws(' | ', 'fact_without_entry', kind, hole)], format('%s of %s, the evaluations archived', kind, at)
)
from appearances
cross join (
    values (timestamptz '2019-03-31 23:59:59.999999+00', 'archived'), ('2019-04-01 00:00+00', null)
) as given (at, hole)
where kind = 'badge'
union all
select is(
    pg_temp.kinds_after(statement || pg_temp.of(kind, there_since, '2019-03-31 23:59+00', 'badge_evaluation_logs')),
    array['fact_without_entry | coordinator_assignment'], 'which says nothing of other decisions'
)
from appearances where kind = 'coordinator_assignment';
select is(
    pg_temp.kinds_after(format(
        '%s; select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:%s''); '
        'update public.ops_alerts set raised_at = %L, acknowledged_at = %L; update public.earned_badges set earned_at = ''2026-01-15 12:00+00'' '
        'where mentor_id = tests.id(''mentor'', ''moved to'')', statement, log_name, raised_at, acknowledged_at
    )),
    array[concat_ws(' | ', 'fact_without_entry', 'badge', hole)],
    format('%s could not be written from %s to %s', log_name, raised_at, acknowledged_at)
)
from appearances
cross join (
    values
    ('badge_evaluation_logs', timestamptz '2026-01-15 12:01+00', timestamptz '2026-01-15 13:00+00', 'could not be written'),
    ('badge_evaluation_logs', '2026-01-15 12:01:00.000001+00', '2026-01-15 13:00+00', null),
    ('badge_evaluation_logs', '2026-01-15 11:00+00', '2026-01-15 12:00+00', 'could not be written'),
    ('badge_evaluation_logs', '2026-01-15 11:00+00', '2026-01-15 11:59:59+00', null),
    ('badge_evaluation_logs', '2026-01-15 11:00+00', null, 'could not be written'),
    ('proxy_audit_log', '2026-01-15 11:00+00', null, null)
) as alert (log_name, raised_at, acknowledged_at, hole)
where kind = 'badge';

-- Two alerts at a time are no two badges; and what was taken away on record is back by nobody's word, whatever is archived or unwritten.
select is(
    pg_temp.kinds_after(
        statement || '; select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:badge_evaluation_logs''); '
        'update public.ops_alerts set raised_at = ''2026-01-15 11:00+00'', acknowledged_at = ''2026-01-15 13:00+00''; '
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:badge_evaluation_logs''); '
        'update public.ops_alerts set raised_at = ''2026-01-15 11:30+00''; '
        'update public.earned_badges set earned_at = ''2026-01-15 12:00+00'' where mentor_id = tests.id(''mentor'', ''moved to'')'
    ), array['fact_without_entry | badge | could not be written'], 'two alerts'
)
from appearances where kind = 'badge';
select is(
    pg_temp.kinds_after('select tests.make_chapter(''gone'', ''north''), tests.make_archived(''administrative_changes'', ''2019-03-01'')'),
    array['fact_without_entry | chapter'], 'a chapter that is back'
);
select is(
    pg_temp.kinds_after(
        'select tests.make_chapter(''gone'', ''north''); update public.administrative_changes set changed_at = ''2019-01-01'' '
        'where subject_id = tests.id(''chapter'', ''gone'') and change_kind = ''deleted''; '
        'delete from public.administrative_changes where subject_id = tests.id(''chapter'', ''gone'') and change_kind = ''created'''
    ), array['fact_without_entry | chapter'], 'one that was taken away long ago'
);
delete from public.earned_badges where badge_definition_id = tests.id('badge', 'two');
insert into public.administrative_changes (organisation_id, subject_kind, subject_id, change_kind, details)
values (
    tests.id('organisation', 'north'), 'badge', tests.id('badge', 'two'), 'deleted',
    jsonb_build_object('mentor_id', tests.id('mentor', 'olga'), 'criteria_version', 1, 'was_revoked', false)
);
select is(
    pg_temp.kinds_after(
        'insert into public.earned_badges (organisation_id, mentor_id, badge_definition_id, criteria_version, evidence, qualified_on) '
        'values (tests.id(''organisation'', ''north''), tests.id(''mentor'', ''olga''), tests.id(''badge'', ''two''), 1, ''[]'', ''2025-01-01''); '
        'select private.write_alert(''audit_write_failed'', ''critical'', ''x'', ''audit_write_failed:badge_evaluation_logs'')'
    ), array['fact_without_entry | badge'], 'a badge that is back'
);

-- Taken away by nobody.
create temporary table absences (kind text, id_kind text, name text, detail text, statement text);
insert into absences
values
('organisation', 'organisation', 'west', 'organisation', 'delete from public.organisations where slug = ''west'''),
('organisation_settings', 'organisation', 'north', 'organisation_settings', 'delete from public.organisation_settings'),
('chapter', 'chapter', 'empty', 'chapter', 'delete from public.chapters where name = ''empty'''),
('mentor', 'mentor', 'nobody', 'mentor', 'delete from public.peer_mentors where display_name = ''nobody'''),
('badge_definition', 'badge', 'empty', 'badge_definition', 'delete from public.badge_definitions where slug = ''empty'''),
(
    'badge', 'badge', 'one', 'badge of ' || tests.id('mentor', 'olga'),
    'delete from public.earned_badges where badge_definition_id = tests.id(''badge'', ''one'') and mentor_id = tests.id(''mentor'', ''olga'')'
),
('certification', 'certificate', 'kept', 'certification', 'delete from public.certifications where id = tests.id(''certificate'', ''kept'')');
select is(tests.gaps_after(statement), array[pg_temp.gap('entry_without_fact', id_kind, name, detail)], 'taken away: ' || kind)
from absences;
select is(
    tests.gaps_after(format(
        '%s; update public.administrative_changes set changed_at = began_at - interval ''%s'' from private.completeness_began() where subject_id = %L',
        statement, before, tests.id(id_kind, name)
    )),
    array[pg_temp.gap('entry_without_fact', id_kind, name, detail, hole)], format('%s of %s before the logs were complete', kind, before)
)
from absences
cross join (values ('1 second', 'older than the log'), ('0 seconds', null)) as given (before, hole)
where kind = 'chapter';
select is(
    tests.gaps_after('delete from public.earned_badges where badge_definition_id = tests.id(''badge'', ''one'') and mentor_id = tests.id(''mentor'', ''berit'')'),
    array[pg_temp.gap('entry_without_fact', 'badge', 'one', 'badge of ' || tests.id('mentor', 'berit'))], 'a badge that was moved by a merge'
);
select is(
    pg_temp.kinds_after('update public.earned_badges set badge_definition_id = tests.id(''badge'', ''two'') where badge_definition_id = tests.id(''badge'', ''one'') and mentor_id = tests.id(''mentor'', ''berit'')'),
    array['entry_without_fact | badge', 'fact_differs | badge criteria_version', 'fact_differs | badge qualified_on', 'fact_without_entry | badge'], 'one that is another badge'
);
select is(
    tests.gaps_after('alter table public.earned_badges enable trigger user; update public.earned_badges set badge_definition_id = tests.id(''badge'', ''two'') '
        'where badge_definition_id = tests.id(''badge'', ''one'') and mentor_id = tests.id(''mentor'', ''berit''); alter table public.earned_badges disable trigger user'),
    '{}', 'unless that was on record'
);
select * from finish();
rollback;
