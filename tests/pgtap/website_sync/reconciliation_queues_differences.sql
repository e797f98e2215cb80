begin;
select plan(21);
select tests.make_organisation('north');
select tests.make_organisation('south');
select tests.make_organisation('quiet');
insert into public.organisation_settings (organisation_id, website_sync_enabled) values (tests.id('organisation', 'quiet'), false);
select tests.make_listed_mentor(name, 'north')
from unnest(array['listed', 'hidden by hand', 'absent', 'listed by hand', 'removed', 'gone', 'waiting', 'dead', 'duplicate']) as name;
select tests.make_listed_mentor('sara', 'south');
select tests.make_listed_mentor('silent', 'quiet');
select tests.make_mentor('without a contact', 'north');
update public.peer_mentors set status = 'expired_cert'
where display_name in ('listed by hand', 'removed', 'gone', 'waiting', 'dead', 'duplicate');
update public.hlf_sync_state set state = 'synced', applied_version = desired_version, confirmed_operation = operation
where mentor_id <> tests.id('mentor', 'waiting');
update public.hlf_sync_state set state = 'dead_lettered', attempts = 8 where mentor_id = tests.id('mentor', 'dead');
delete from public.hlf_removals;
create function pg_temp.observed(lines text[]) returns jsonb language sql as $$
    select jsonb_agg(jsonb_build_object('dynamics_contact_id', tests.id('contact', ltrim(line, '+-')), 'listed', line like '+%'))
    from unnest(lines) as line
$$;
create temporary view observed as select pg_temp.observed(array[
    '+listed', '-hidden by hand', '+listed by hand', '-removed', '+waiting', '-dead', '-silent', '+stranger', '-another stranger',
    '-duplicate', '+duplicate', '+sara'
]) as contacts;

select results_eq(
    'select
        found.contacts_observed, found.in_agreement, found.queued_remove, found.queued_restore, found.revived_dead_letters,
        found.already_pending, found.not_in_dynamics, found.no_contact_id, found.unknown_contacts
    from observed, public.reconcile_hlf_sync(contacts) as found',
    $$ values (11::bigint, 4::bigint, 3::bigint, 1::bigint, 1::bigint, 1::bigint, 1::bigint, 1::bigint, 1::bigint) $$,
    'every mentor is counted once'
);
select bag_eq(
    $$ select mentor.display_name, sync.operation, sync.state, sync.attempts
    from public.hlf_sync_state as sync inner join public.peer_mentors as mentor on mentor.id = sync.mentor_id
    where sync.triggered_by_event = 'reconciliation' $$,
    $$ values
    ('hidden by hand', 'restore', 'pending', 0), ('listed by hand', 'remove', 'pending', 0),
    ('dead', 'remove', 'pending', 0), ('duplicate', 'remove', 'pending', 0) $$,
    'what differs is queued, and who was given up is tried again'
);
select bag_eq(
    $$ select mentor.display_name from public.hlf_removals as removal inner join public.peer_mentors as mentor on mentor.id = removal.mentor_id $$,
    array['listed by hand', 'dead', 'duplicate'], 'from now on it counts how long they stay visible'
);
select bag_eq('select kind from public.ops_alerts', array['website_lists_strangers', 'mentors_not_in_dynamics'], 'what no sync can mend alerts');
select results_eq(
    'select found.queued_remove, found.queued_restore, found.already_pending from observed, public.reconcile_hlf_sync(contacts) as found',
    $$ values (0::bigint, 0::bigint, 4::bigint) $$, 'a second time nothing more is queued'
);
select results_eq(
    'select found.by_organisation from observed, public.reconcile_hlf_sync(contacts) as found',
    $$
    values (jsonb_build_object(
        tests.id('organisation', 'north'),
        '{"in_agreement": 4, "queued_remove": 0, "queued_restore": 0, "already_pending": 4, "not_in_dynamics": 1,
        "no_contact_id": 1}'::jsonb,
        tests.id('organisation', 'south'),
        '{"in_agreement": 1, "queued_remove": 0, "queued_restore": 0, "already_pending": 0, "not_in_dynamics": 0,
        "no_contact_id": 0}'::jsonb
    ))
    $$,
    'each organisation has its own numbers'
);
select results_eq(
    'select found.in_agreement, found.unknown_contacts from observed, public.reconcile_hlf_sync(contacts, array[tests.id(''organisation'', ''south'')]) as found',
    $$ values (1::bigint, 1::bigint) $$, 'for one organisation: another''s mentor is no stranger'
);
select results_eq(
    'select not_in_dynamics, contacts_observed from public.reconcile_hlf_sync(''[]'')', $$ values (4::bigint, 0::bigint) $$, 'an empty portal'
);

-- A mentor from before, whom no trigger has seen.
delete from public.hlf_sync_state where mentor_id = tests.id('mentor', 'listed by hand');
select results_eq(
    'select found.queued_remove, found.revived_dead_letters from observed, public.reconcile_hlf_sync(contacts) as found',
    $$ values (1::bigint, 0::bigint) $$, 'without a row it differs too, and was not given up'
);

select throws_ok(format('select public.reconcile_hlf_sync(%L)', bad.observed), '22023', bad.message, bad.message)
from (
    values
    (null::jsonb, 'observed must be an array of objects.'),
    ('{}', 'observed must be an array of objects.'),
    ('[1]', 'observed[0].dynamics_contact_id is missing or has the wrong type.'),
    ('[{"dynamics_contact_id": "x", "listed": true}]', 'observed[0].dynamics_contact_id is missing or has the wrong type.'),
    (jsonb_build_array(jsonb_build_object('dynamics_contact_id', gen_random_uuid(), 'listed', 'yes')),
    'observed[0].listed is missing or has the wrong type.'),
    (jsonb_build_array(
        jsonb_build_object('dynamics_contact_id', gen_random_uuid(), 'listed', true),
        jsonb_build_object('dynamics_contact_id', gen_random_uuid())
    ), 'observed[1].listed is missing or has the wrong type.')
) as bad (observed, message);
-- Given up for want of a contact: reconciliation cannot revive it. And what is queued is counted where it belongs.
update public.hlf_sync_state set state = 'synced', applied_version = desired_version;
select tests.make_mentor('unreachable', 'south');
select tests.set_status('unreachable', 'paused');
update public.hlf_sync_state set state = 'dead_lettered' where mentor_id = tests.id('mentor', 'unreachable');
select results_eq(
    format(
        'select revived_dead_letters, queued_remove, queued_restore, by_organisation -> %L from public.reconcile_hlf_sync(pg_temp.observed(%L))',
        tests.id('organisation', 'north'), array['-listed', '-hidden by hand', '+listed by hand', '-absent', '+sara']
    ),
    $$
    values (
        0::bigint, 1::bigint, 3::bigint,
        '{"in_agreement": 5, "queued_remove": 1, "queued_restore": 3, "already_pending": 0, "not_in_dynamics": 0, "no_contact_id": 1}'::jsonb
    )
    $$,
    'who has no contact stays given up'
);
select is((select state from public.hlf_sync_state where mentor_id = tests.id('mentor', 'unreachable')), 'dead_lettered', 'for a person to see to');
-- Where all is well nobody is told, and what is being sent is on its way.
update public.ops_alerts set acknowledged_at = now() where acknowledged_at is null;
update public.hlf_sync_state
set state = 'in_progress', leased_by = 'w', lease_expires_at = now() + interval '1 minute'
where mentor_id = tests.id('mentor', 'sara');
select results_eq(
    format(
        'select in_agreement, already_pending, by_organisation -> %L -> ''already_pending'' from public.reconcile_hlf_sync(pg_temp.observed(%L), %L)',
        tests.id('organisation', 'south'), array['-sara'], array[tests.id('organisation', 'south')]
    ),
    $$ values (1::bigint, 1::bigint, '1'::jsonb) $$, 'one is on her way, and one who is not active needs no contact'
);
select is_empty('select from public.ops_alerts where acknowledged_at is null', 'so there is nothing to tell');
select is(
    (select by_organisation from public.reconcile_hlf_sync('[]', '{}')), '{}', 'of no organisation there are no numbers'
);
-- DETAIL is the path.
create function pg_temp.detail(observed jsonb) returns text language plpgsql as $$
declare
    v_detail text;
begin
    perform public.reconcile_hlf_sync(detail.observed);
    return 'done';
exception
    when others then
        get stacked diagnostics v_detail = pg_exception_detail;
        return v_detail;
end
$$;
select is(array[pg_temp.detail('{}'), pg_temp.detail('[1]')], array['observed', 'observed[0].dynamics_contact_id'], 'what is wrong is named');
select finish();
rollback;
