begin;
select plan(13);
select tests.make_organisation('north');
select tests.make_organisation('south');
create function pg_temp.open() returns text language sql as $$
    select string_agg(kind || coalesce(' ' || organisation.slug, ''), ', ' order by kind, organisation.slug)
    from public.ops_alerts as alert
    left join public.organisations as organisation on organisation.id = alert.organisation_id
    where alert.acknowledged_at is null
$$;
select throws_ok('select public.record_credential_check(null)', '22023', null, 'it was good or it was not');
select public.record_credential_check(false, error_kind => kind)
from unnest(array['timeout', 'connection', 'token_unavailable', 'bad_response']) as kind;
select is(pg_temp.open(), 'credential_check_failed', 'nobody answered: one alert, however often and however it failed');
select is((select count(*) from public.hlf_sync_pauses), 0::bigint, 'and nothing is paused: nothing was learned');
select private.raise_alert('auth_failure', 'critical', 'Of something else.', 'auth_failure:elsewhere');
select private.raise_alert('dead_letters', 'warning', 'Given up.', 'dead_letters:x');
select public.record_credential_check(false, organisation_ids => array[tests.id('organisation', 'north')]);
select public.record_credential_check(false, organisation_ids => array[tests.id('organisation', 'south')]);
select is(
    pg_temp.open(), 'auth_failure north, auth_failure south, auth_failure, credential_check_failed, dead_letters',
    'refused: an alert for each organisation'
);
select is(public.record_credential_check(true, organisation_ids => array[tests.id('organisation', 'north')]), 1, 'good for one of them');
select is(
    pg_temp.open(), 'auth_failure south, auth_failure, dead_letters',
    'its alert is closed and that nobody answered; the other''s is not, nor what has nothing to do with it'
);
insert into public.hlf_sync_pauses (organisation_id, reason)
select tests.id('organisation', name), 'operator' from unnest(array['north', 'south']) as name;
select is(public.record_credential_check(true, organisation_ids => array[tests.id('organisation', 'south')]), 1, 'good for the other');
select is(
    pg_temp.open(), 'auth_failure, dead_letters', 'that an operator paused one of them is another matter'
);
create temporary table closed as select id, acknowledged_at from public.ops_alerts where acknowledged_at is not null;
select is(public.record_credential_check(true, organisation_ids => null), 0, 'good again: nothing to resume');
select is((select count(*) from closed), 3::bigint, 'three were closed');
select is_empty(
    'select from closed inner join public.ops_alerts as alert using (id) where alert.acknowledged_at <> closed.acknowledged_at',
    'and not closed again'
);
-- Of credentials that all share there is one alert, until none is paused any more.
update public.ops_alerts set acknowledged_at = now() where acknowledged_at is null;
select public.record_credential_check(false);
select public.record_credential_check(true, organisation_ids => array[tests.id('organisation', 'north')]);
select is(pg_temp.open(), 'auth_failure', 'good for one of those who share them');
select public.record_credential_check(true, organisation_ids => array[tests.id('organisation', 'south')]);
select is(pg_temp.open(), null, 'and for the last');
select finish();
rollback;
