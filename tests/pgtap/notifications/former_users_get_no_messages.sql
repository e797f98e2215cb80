begin;
select plan(13);
select tests.make_two_organisations();
insert into public.organisation_settings (organisation_id, quiet_from, quiet_until)
select id, '00:00', '00:00' from public.organisations;
select tests.make_coordinator('oskar', 'south');
create function pg_temp.write(name text, recipient text, mentor text, kind text) returns uuid language sql as $$
    insert into public.notifications (
        id, organisation_id, recipient_user_id, recipient_mentor_id, kind, dedupe_key, created_at, next_attempt_at
    )
    values (
        tests.id('message', write.name), tests.id('organisation', 'north'), tests.id('user', write.recipient),
        tests.id('mentor', write.mentor), write.kind, write.name, '2026-01-14 12:00+01', '2026-01-14 12:00+01'
    )
    returning id
$$;
select pg_temp.write('to nina', 'nina', null, 'certification_expired');
select pg_temp.write('to oskar', 'oskar', null, 'certification_expired');
select pg_temp.write('to oskar too', 'oskar', null, 'status_changed');
select pg_temp.write('alert to oskar', 'oskar', null, 'ops_alert');
select pg_temp.write('to olga', 'olga', 'olga', 'badge_awarded');
select pg_temp.write('to the mentor olga', null, 'olga', 'badge_awarded');
create function pg_temp.sees(name text) returns bigint language plpgsql as $$
declare
    v_count bigint;
begin
    perform tests.acts_as('authenticated', tests.id('user', sees.name));
    v_count := (select count(*) from public.notifications);
    perform set_config('role', 'none', true);
    return v_count;
end
$$;
select is(pg_temp.sees('oskar'), 6::bigint, 'a coordinator of the organisation sees what it sends');
delete from public.coordinator_assignments
where user_id = tests.id('user', 'oskar') and organisation_id = tests.id('organisation', 'north');
select is(pg_temp.sees('oskar'), 0::bigint, 'whoever left sees nothing, not even what was for them');
select is(pg_temp.sees('olga'), 2::bigint, 'a mentor sees theirs');
select is(pg_temp.sees('nina'), 6::bigint, 'and who stayed all of it');

-- Batches of one: what is buried makes room.
select set_eq(
    $$
    select claimed.id
    from generate_series(1, 4) as number
    cross join lateral public.claim_notifications('w' || number, 1, '1 minute', '2026-01-15 08:00+01') as claimed
    $$,
    $$ select tests.id('message', name) from unnest(array['to nina', 'to olga', 'to the mentor olga']) as name $$,
    'the others get theirs'
);
select is(
    (select state || ', ' || attempts || ', ' || last_error from public.notifications where dedupe_key = name),
    'dead_lettered, 0, The recipient no longer belongs to the organisation.', name || ' is buried'
)
from unnest(array['to oskar', 'to oskar too', 'alert to oskar']) as name;
select is(
    (select count(distinct digest_id) from public.notifications where dedupe_key like 'to oskar%'), 1::bigint, 'a digest as a whole'
);
select is_empty('select * from public.ops_alerts', 'which is no trouble');
select is(
    (select count(*) from public.notifications where leased_by is not null and state <> 'in_progress'), 0::bigint, 'nor held'
);

select tests.make_coordinator('oskar', 'north', 'bergen');
select is(public.requeue_notifications(tests.id('organisation', 'north')), 2, 'of one who is back they can be requeued');
select is(
    (select count(*) from public.claim_notifications('w', 50, '1 minute', clock_timestamp()) where recipient_user_id = tests.id('user', 'oskar')),
    2::bigint, 'and are sent'
);
select * from finish();
rollback;
