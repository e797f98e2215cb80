-- A mentor's status is the one that its changes lead to, from the one that they were added with; entries tie and get lost with archives.
begin;
select plan(32);
select tests.make_two_organisations();
create function pg_temp.gap("check" text, mentor text, detail text default null) returns text
language sql
as $$ select concat_ws(' | ', "check", 'mentor_status_changes', tests.id('mentor', mentor), detail) $$;
select tests.make_mentor(name, 'north') from unnest(array['steady', 'there and back', 'moved', 'deleted', 'again']) as name;
select tests.set_status('there and back', 'paused'), tests.set_status('there and back', 'active');
select tests.set_status('moved', 'paused');
select tests.set_status('moved', 'withdrawn');
select tests.set_status('deleted', 'paused'), tests.set_status('again', 'paused');
delete from public.hlf_removals;
delete from public.hlf_sync_state where mentor_id in (tests.id('mentor', 'deleted'), tests.id('mentor', 'again'));
delete from public.peer_mentors where id in (tests.id('mentor', 'deleted'), tests.id('mentor', 'again'));
select tests.make_mentor('again', 'north');
select tests.set_status('again', 'withdrawn');
delete from public.hlf_removals;
delete from public.hlf_sync_state where mentor_id = tests.id('mentor', 'again');
delete from public.peer_mentors where id = tests.id('mentor', 'again');
insert into public.peer_mentors (id, organisation_id, display_name, status)
values (tests.id('mentor', 'again'), tests.id('organisation', 'north'), 'again', 'paused');
update public.peer_mentors set user_id = tests.id('user', 'another ' || display_name) where display_name in ('steady', 'moved');
select is(tests.gaps_after('select'), '{}', 'what goes the ordinary way is complete, deleted and added again, too');
select is(
    tests.gaps_after('select tests.set_status(''again'', ''withdrawn'')'), '{}', 'whoever is added again begins anew'
);

select tests.switch_triggers_off();
-- Three changes of one transaction that bear one time: any of them may be the last.
select tests.make_mentor('tied', 'north');
insert into public.administrative_changes (organisation_id, subject_kind, subject_id, change_kind, details)
select fact.organisation_id, fact.subject_kind, fact.subject_id, 'added', fact.details || '{"status": "active"}'
from private.administrative_facts() as fact
where fact.subject_id = tests.id('mentor', 'tied');
insert into public.hlf_sync_state (organisation_id, mentor_id, operation, triggered_by_event)
values (tests.id('organisation', 'north'), tests.id('mentor', 'tied'), 'restore', 'reconciliation');
insert into public.mentor_status_changes (organisation_id, mentor_id, old_status, new_status, cause, changed_at)
select
    tests.id('organisation', 'north'), tests.id('mentor', 'tied'), old_status::public.mentor_status, new_status::public.mentor_status, 'direct', now()
from (values ('active', 'paused'), ('paused', 'withdrawn'), ('withdrawn', 'active')) as change (old_status, new_status);
create function pg_temp.set(mentor text, status text) returns void
language sql
as $$ select tests.set_status(mentor, status::public.mentor_status) $$;
create function pg_temp.entry(mentor text, old_status text, new_status text) returns void
language sql
as $$
    insert into public.mentor_status_changes (organisation_id, mentor_id, old_status, new_status, cause, changed_at)
    values (
        tests.id('organisation', 'north'), tests.id('mentor', mentor), old_status::public.mentor_status, new_status::public.mentor_status,
        'direct', clock_timestamp()
    )
$$;
select is(tests.gaps_after(statement), found, statement)
from (
    values
    ('select', '{}'),
    ('select pg_temp.set(''steady'', ''paused'')', array[pg_temp.gap('status_differs', 'steady', 'paused')]),
    ('select pg_temp.set(''there and back'', ''paused'')', array[pg_temp.gap('status_differs', 'there and back', 'paused')]),
    ('select pg_temp.set(''moved'', ''paused'')', array[pg_temp.gap('status_differs', 'moved', 'paused')]),
    ('select pg_temp.set(''moved'', ''active'')', array[pg_temp.gap('status_differs', 'moved', 'active')]),
    ('select pg_temp.set(''tied'', ''expired_cert'')', array[pg_temp.gap('status_differs', 'tied', 'expired_cert')]),
    (
        'delete from public.mentor_status_changes where mentor_id = tests.id(''mentor'', ''moved'')',
        array[pg_temp.gap('status_differs', 'moved', 'withdrawn')]
    ),
    -- Ways to come by a status that each end well.
    (
        'delete from public.mentor_status_changes where mentor_id = tests.id(''mentor'', ''moved'') and new_status = ''paused''',
        array[pg_temp.gap('status_differs', 'moved', 'withdrawn')]
    ),
    (
        'delete from public.mentor_status_changes where mentor_id = tests.id(''mentor'', ''moved'') and new_status = ''withdrawn''',
        array[pg_temp.gap('status_differs', 'moved', 'withdrawn')]
    ),
    (
        'select pg_temp.entry(''steady'', ''paused'', ''withdrawn''), pg_temp.entry(''steady'', ''withdrawn'', ''paused''), pg_temp.set(''steady'', ''paused'')',
        array[pg_temp.gap('status_differs', 'steady', 'paused')]
    ),
    ('select pg_temp.entry(''steady'', ''active'', ''paused''), pg_temp.entry(''steady'', ''paused'', ''active'')', '{}'),
    -- Each left and entered once, and yet no way; entered twice and left twice.
    ('select pg_temp.entry(''moved'', ''active'', ''expired_cert'')', array[pg_temp.gap('status_differs', 'moved', 'withdrawn')]),
    ('select pg_temp.entry(''moved'', ''expired_cert'', ''paused'')', array[pg_temp.gap('status_differs', 'moved', 'withdrawn')]),
    ('select pg_temp.entry(''moved'', ''active'', ''withdrawn'')', array[pg_temp.gap('status_differs', 'moved', 'withdrawn')]),
    (
        'select pg_temp.entry(''steady'', ''active'', ''paused''), pg_temp.entry(''steady'', ''active'', ''paused''), pg_temp.set(''steady'', ''paused'')',
        array[pg_temp.gap('status_differs', 'steady', 'paused')]
    ),
    -- Entries of nobody.
    ('select pg_temp.entry(''nobody'', ''active'', ''paused'')', array[pg_temp.gap('entry_without_mentor', 'nobody')]),
    ('select pg_temp.entry(''deleted'', ''paused'', ''active'')', array[pg_temp.gap('entry_without_mentor', 'deleted')])
) as deed (statement, found);

-- Of whom it is not on record what they were added with, the last change is what holds.
select is(
    tests.gaps_after(
        'update public.administrative_changes set change_kind = ''baseline'' where change_kind = ''added''; select pg_temp.set(''there and back'', ''paused'')'
    ), array[pg_temp.gap('status_differs', 'there and back', 'paused')], 'added before anybody took it down'
);

-- With the beginning in an archive, or before there was one.
select is(
    tests.gaps_after(statements), array[concat_ws(' | ', pg_temp.gap("check", mentor, detail), '(' || hole || ')')], description
)
from (
    values
    (
        'status_differs', 'steady', 'paused', null,
        'select pg_temp.set(''steady'', ''paused''), tests.make_archived(''mentor_status_changes'', ''2019-03-01'')', 'what came after an archive is all there'
    ),
    (
        'entry_without_mentor', 'nobody', null, 'older than the log',
        'select pg_temp.entry(''nobody'', ''active'', ''paused''); update public.mentor_status_changes set changed_at = ''2019-03-31 23:00+00'' '
        'where mentor_id = tests.id(''mentor'', ''nobody'')', 'of before the decisions were on record'
    ),
    (
        'entry_without_mentor', 'nobody', null, null,
        'select pg_temp.entry(''nobody'', ''active'', ''paused''); update public.mentor_status_changes set changed_at = began_at '
        'from private.completeness_began() where mentor_id = tests.id(''mentor'', ''nobody'')', 'and no later'
    ),
    (
        'entry_without_mentor', 'nobody', null, 'archived',
        'select pg_temp.entry(''nobody'', ''active'', ''paused''), tests.make_archived(''administrative_changes'', ''2019-03-01''); '
        'update public.mentor_status_changes set changed_at = ''2019-03-31 23:00+00'' where mentor_id = tests.id(''mentor'', ''nobody''); ',
        'the decision is in an archive'
    ),
    (
        'entry_without_mentor', 'nobody', null, 'older than the log',
        'select pg_temp.entry(''nobody'', ''active'', ''paused''), tests.make_archived(''administrative_changes'', ''2019-03-01''); '
        'update public.mentor_status_changes set changed_at = ''2019-04-01 00:00+00'' where mentor_id = tests.id(''mentor'', ''nobody''); ',
        'that of another month is not'
    ),
    (
        'entry_without_mentor', 'nobody', null, null,
        'select pg_temp.entry(''nobody'', ''active'', ''paused''), pg_temp.entry(''nobody'', ''paused'', ''withdrawn''), '
        'tests.make_archived(''administrative_changes'', ''2019-03-01''); '
        'update public.mentor_status_changes set changed_at = ''2019-03-31 23:00+00'' where mentor_id = tests.id(''mentor'', ''nobody'') and new_status = ''paused''; ',
        'but not when there are later entries'
    )
) as given ("check", mentor, detail, hole, statements, description);
update public.administrative_changes set changed_at = '2019-03-31'
where subject_id in (tests.id('mentor', 'steady'), tests.id('mentor', 'moved')) and change_kind = 'added';
select is(tests.gaps_after(statements), found, description)
from (
    values
    ('select pg_temp.set(''steady'', ''paused'')', array[pg_temp.gap('status_differs', 'steady', 'paused')], 'of long ago, and nothing is archived'),
    (
        'select pg_temp.set(''steady'', ''paused''), tests.make_archived(''mentor_status_changes'', ''2019-03-01''); '
        'update public.administrative_changes set changed_at = ''2019-04-01 00:00+00'' where subject_id = tests.id(''mentor'', ''steady'') and change_kind = ''added''',
        array[pg_temp.gap('status_differs', 'steady', 'paused')], 'added when the next month began'
    ),
    ('select pg_temp.set(''steady'', ''paused''), tests.make_archived(''mentor_status_changes'', ''2019-03-01'')', '{}', 'the change may be in an archive'),
    (
        'select tests.make_archived(''mentor_status_changes'', ''2019-03-01''); delete from public.mentor_status_changes where '
        'mentor_id = tests.id(''mentor'', ''moved'') and new_status = ''paused''', '{}', 'so may the first of two'
    ),
    (
        'select tests.make_archived(''mentor_status_changes'', ''2019-03-01''); delete from public.mentor_status_changes where '
        'mentor_id = tests.id(''mentor'', ''moved'') and new_status = ''withdrawn''', array[pg_temp.gap('status_differs', 'moved', 'withdrawn')],
        'but not the last'
    )
) as given (statements, found, description);
select is(
    tests.gaps_after(
        'update public.administrative_changes set changed_at = ''2018-01-01'' where id = (select id from public.administrative_changes '
        'where subject_id = tests.id(''mentor'', ''again'') and change_kind = ''added'' order by changed_at limit 1); '
        'select pg_temp.set(''again'', ''withdrawn''), tests.make_archived(''mentor_status_changes'', ''2019-03-01'')'
    ), array[pg_temp.gap('status_differs', 'again', 'withdrawn')], 'whoever was added again is looked at since then'
);
select * from finish();
rollback;
