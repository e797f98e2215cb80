-- A name cannot be told from other words, so of the texts that others than our own functions write only what a
-- catalogue holds is kept.
begin;
select plan(17);
select tests.make_two_organisations();
create function pg_temp.evaluation(said text) returns text language plpgsql as $$
declare
    v_kept text;
begin
    perform tests.acts_as('service_role');
    insert into public.badge_evaluation_logs (peer_mentor_id, org_id, duration_ms, source, error_message)
    values (gen_random_uuid(), gen_random_uuid(), 1, 'manual', evaluation.said)
    returning error_message into v_kept;
    perform set_config('role', 'none', true);
    return v_kept;
end
$$;
select is(pg_temp.evaluation(said), coalesce(kept, said), said)
from (
    values
    ('Ola Nordmann ringte', 'A text that is in no catalogue was left out.'),
    ('Something unexpected failed. (Ola Nordmann)', 'A text that is in no catalogue was left out.'),
    ('Something unexpected failed. (unknown) Ola', 'A text that is in no catalogue was left out.'),
    ('', 'A text that is in no catalogue was left out.'),
    ('Another transaction changed the same rows at the same moment. (40001)', null),
    ('Something unexpected failed. (unknown)', null),
    ('Dynamics had a failure of its own. (HTTP 503)', null),
    ('Dynamics did not answer in time; the change may have been applied.', null),
    ('The receiver asked to send less. (HTTP 429)', null)
) as text (said, kept);
select is(pg_temp.evaluation(null), null, 'no text is no text');

create function pg_temp.reported(said text) returns text language plpgsql as $$
declare
    v_kept text;
begin
    perform tests.acts_as('service_role');
    insert into public.security_events (event_kind, table_name) values ('reported', reported.said) returning table_name into v_kept;
    perform set_config('role', 'none', true);
    return v_kept;
end
$$;
select is(pg_temp.reported('Ola Nordmann'), 'A text that is in no catalogue was left out.', 'no name for a table');
select is(pg_temp.reported('peer_mentors'), 'peer_mentors', 'the name of a table');
select is(
    (select array_agg(distinct session_role || ' ' || acting_role) from public.security_events where event_kind = 'reported'),
    array[session_user || ' service_role'], 'the roles are kept'
);

create function pg_temp.change(kind text) returns text language sql as $$
    select format(
        'insert into public.administrative_changes (organisation_id, subject_kind, subject_id, change_kind) values (%L, ''mentor'', %L, %L)',
        tests.id('organisation', 'north'), tests.id('mentor', 'olga'), change.kind
    )
$$;
select is(tests.outcome('service_role', null, pg_temp.change('ola_nordmann')), '22023', 'no name for a kind of change');
select is(tests.outcome('service_role', null, pg_temp.change('moved')), '1', 'a kind of change');
create function pg_temp.attempt(event text) returns text language sql as $$
    select format(
        'insert into public.hlf_sync_audit_log (organisation_id, mentor_id, operation, outcome, triggered_by_event) '
        'values (%L, %L, ''remove'', ''success'', %L)', tests.id('organisation', 'north'), tests.id('mentor', 'olga'), attempt.event
    )
$$;
select is(tests.outcome('service_role', null, pg_temp.attempt('status_change:ola_nordmann')), '23514', 'no name for a status');
select is(tests.outcome('service_role', null, pg_temp.attempt('status_change:expired_cert')), '1', 'a status');
select * from finish();
rollback;
