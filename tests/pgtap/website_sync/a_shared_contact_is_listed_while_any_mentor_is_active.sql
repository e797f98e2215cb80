begin;
select plan(20);
select tests.make_organisation('north');
select tests.make_organisation('south');
select tests.make_listed_mentor('olga', 'north');
select tests.make_listed_mentor('berit', 'north');
select tests.make_listed_mentor('sara', 'south');
-- Olga and Sara are one person, and so are Berit and Bodil.
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'olga') where display_name = 'sara';
select tests.make_listed_mentor('bodil', 'north');
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'berit') where display_name = 'bodil';
create temporary view sync as
select mentor.display_name, sync.*
from public.hlf_sync_state as sync
inner join public.peer_mentors as mentor on mentor.id = sync.mentor_id;
create function pg_temp.claimed() returns table (display_name text, operation text) language sql as $$
    with claimed as (select * from public.claim_hlf_sync('w', 10, '1 minute'))
    select mentor.display_name, claimed.operation
    from claimed
    inner join public.peer_mentors as mentor on mentor.id = claimed.mentor_id
$$;
create function pg_temp.night(is_listed boolean) returns text language sql as $$
    select format('%s removed, %s restored, %s agree', queued_remove, queued_restore, in_agreement)
    from public.reconcile_hlf_sync((
        select jsonb_agg(jsonb_build_object('dynamics_contact_id', tests.id('contact', name), 'listed', night.is_listed))
        from unnest(array['olga', 'berit']) as name
    ))
$$;
select tests.sync_once(name, 204) from unnest(array['olga', 'berit', 'sara', 'bodil']) as name;
update public.hlf_sync_state set state = 'synced', applied_version = desired_version, leased_by = null, lease_expires_at = null;

select is(pg_temp.night(true), '0 removed, 0 restored, 4 agree', 'while all are active each is counted once');

-- In two organisations, and in one.
update public.peer_mentors set status = 'withdrawn' where display_name in ('olga', 'berit');
select is_empty('select from pg_temp.claimed()', 'the contact stays listed for the one who is active: nothing to send');
select bag_eq(
    $$ select display_name, state, applied_version = desired_version, attempts from sync where operation = 'remove' $$,
    $$ values ('olga', 'synced', true, 0), ('berit', 'synced', true, 0) $$, 'and nothing left to do'
);
select is_empty(
    $$ select from public.hlf_removals where confirmed_at is null and cancelled_at is null $$, 'nobody waits for their removal'
);
select is_empty(
    $$ select from public.hlf_sync_audit_log where operation = 'remove' $$, 'no request, no entry'
);
select is(pg_temp.night(true), '0 removed, 0 restored, 4 agree', 'one night');
select is(pg_temp.night(true), '0 removed, 0 restored, 4 agree', 'and the next');
select is(pg_temp.night(false), '0 removed, 2 restored, 2 agree', 'taken off by hand: restored for who is active');
select bag_eq(
    'select * from pg_temp.claimed()', $$ values ('sara', 'restore'), ('bodil', 'restore') $$, 'and only for them'
);
select is(tests.sync_once(name, 204), 'synced', name || ' is listed again') from unnest(array['sara', 'bodil']) as name;
select is(
    (
        select queued_remove + queued_restore from public.reconcile_hlf_sync(
            jsonb_build_array(jsonb_build_object('dynamics_contact_id', tests.id('contact', 'olga'), 'listed', true)),
            array[tests.id('organisation', 'north')]
        )
    ), 0::bigint, 'the other counts when only one organisation is compared'
);

-- A coordinator's "force sync" does not take the other off either.
select is((public.requeue_hlf_sync(tests.id('mentor', 'olga'))).state, 'pending', 'forced');
select is_empty('select from pg_temp.claimed()', 'there is nothing to send');

-- The last one to end takes the contact off.
select tests.set_status('sara', 'expired_cert');
select results_eq('select * from pg_temp.claimed()', $$ values ('sara', 'remove') $$, 'when nobody is active any more it is removed');
select is(tests.sync_once('sara', 204), 'synced', 'confirmed');
update public.peer_mentors set status = 'paused' where display_name = 'bodil';
update public.peer_mentors set status = 'active' where display_name = 'sara';
select bag_eq('select * from pg_temp.claimed()', $$ values ('bodil', 'remove'), ('sara', 'restore') $$, 'each contact for itself');
select tests.sync_once(name, 204) from unnest(array['sara', 'bodil']) as name;

-- Where the sync is switched off, nobody is listed on that account.
insert into public.organisation_settings (organisation_id, website_sync_enabled) values (tests.id('organisation', 'south'), false);
select is(pg_temp.night(true), '3 removed, 0 restored, 0 agree', 'an organisation without the sync keeps nobody listed');
select bag_eq(
    'select * from pg_temp.claimed()',
    $$ values ('olga', 'remove'), ('berit', 'remove'), ('bodil', 'remove') $$, 'so the others are removed'
);
select is((select count(*) from public.hlf_sync_audit_log where outcome <> 'success'), 0::bigint, 'nothing failed');
select finish();
rollback;
