begin;
select plan(37);
select tests.make_two_organisations();
select tests.make_certificate('olga', '2026-02-28');
select tests.make_certificate('berit', '2026-03-05');
select tests.make_certificate('sara', '2026-02-28');
select public.run_certification_expiry('2026-03-01', tests.id('run', '1'));
grant select on all tables in schema pg_temp to public;

create function pg_temp.summary(role text, name text, page text default '') returns jsonb language plpgsql as $$
declare
    v_summary jsonb;
begin
    perform tests.acts_as(role, tests.id('user', name));
    execute format('select public.get_run_summary(%L%s)', tests.id('run', '1'), page) into v_summary;
    reset role;
    return v_summary;
end
$$;
select is(
    (
        select concat_ws(
            ' ', summary ->> 'total_transitioned', summary ->> 'total_reminders_sent', summary ->> 'total_failures',
            summary ->> 'entry_count', jsonb_array_length(summary -> 'entries')
        )
        from pg_temp.summary(reader.role_name, reader.user_name) as summary
    ),
    reader.seen, format('totals and entries for %s %s', reader.role_name, reader.user_name)
)
from (
    values
    ('service_role', null, '2 1 0 3 3'),
    ('authenticated', 'nina', '1 1 0 2 2'),
    ('authenticated', 'oskar', '1 1 0 2 2'),
    ('authenticated', 'sven', '1 0 0 1 1')
) as reader (role_name, user_name, seen);
select is_empty(
    $$
    select from pg_temp.summary('authenticated', 'nina') as summary, jsonb_array_elements(summary -> 'entries') as entry
    where entry ->> 'organisation_id' <> tests.id('organisation', 'north')::text
    $$,
    'no entry is of another organisation'
);
select is(
    (select array_agg(key order by key) from jsonb_object_keys(pg_temp.summary('service_role', null) -> 'entries' -> 0) as key),
    array[
        'certification_id', 'error_message', 'event_type', 'id', 'mentor_id', 'new_status', 'old_status', 'organisation_id', 'run_id',
        'threshold_days', 'timestamp'
    ],
    'an entry is a row of the log'
);
select is(
    tests.outcome(reader.role_name, tests.id('user', reader.user_name), format(reader.call, tests.id('run', '1'), tests.id('mentor', 'olga'))),
    reader.outcome, format('%s %s: %s', reader.role_name, reader.user_name, reader.call)
)
from (
    values
    ('authenticated', 'olga', 'select public.get_run_summary(%1$L)', 'PT404'),
    ('authenticated', 'nobody', 'select public.get_run_summary(%1$L)', 'PT404'),
    ('anon', null, 'select public.get_run_summary(%1$L)', '42501'),
    ('authenticated', 'nina', 'select public.get_run_summary(%2$L)', 'PT404'),
    ('authenticated', 'nina', 'select public.get_mentor_audit_history(%2$L)', '1'),
    ('authenticated', 'oskar', 'select public.get_mentor_audit_history(%2$L)', '1'),
    ('authenticated', 'sven', 'select public.get_mentor_audit_history(%2$L)', 'PT404'),
    ('authenticated', 'olga', 'select public.get_mentor_audit_history(%2$L)', 'PT404'),
    ('service_role', null, 'select public.get_mentor_audit_history(%2$L)', '1'),
    ('authenticated', 'nina', 'select public.get_mentor_audit_history(%2$L, now() + interval ''1 day'')', '0'),
    ('authenticated', 'nina', 'select public.simulate_certification_expiry(''2026-04-01'')', '1'),
    ('authenticated', 'sven', 'select public.simulate_certification_expiry(''2026-04-01'')', '0'),
    ('authenticated', 'nina', 'select public.run_certification_expiry(''2026-04-01'')', '42501'),
    ('authenticated', 'nina', 'select public.begin_certification_run(''2026-04-01'')', '42501'),
    ('service_role', null, 'select public.run_certification_expiry(''2026-04-01'')', '1'),
    ('authenticated', 'sven', 'select public.transition_mentor_status(%2$L, ''withdrawn'')', 'PT404'),
    ('authenticated', 'nina', 'select public.transition_mentor_status(%2$L, ''withdrawn'')', '1'),
    ('authenticated', 'olga', 'select public.renew_certification(%2$L, ''2026-01-01'', ''2199-01-01'')', '42501'),
    ('authenticated', 'oskar', 'select public.renew_certification(%2$L, ''2026-01-01'', ''2199-01-01'')', '1'),
    ('authenticated', 'nina', 'select status, note from public.certification_expiry_runs', '1'),
    ('authenticated', 'olga', 'select status, note from public.certification_expiry_runs', '0'),
    ('authenticated', 'nina', 'select total_transitioned from public.certification_expiry_runs', '42501'),
    ('authenticated', 'nina', 'select from public.cert_expiry_reminders', '1'),
    ('authenticated', 'berit', 'select from public.cert_expiry_reminders', '1'),
    ('authenticated', 'olga', 'select from public.cert_expiry_reminders', '0'),
    ('authenticated', 'sven', 'select from public.cert_expiry_reminders', '0'),
    ('anon', null, 'select from public.cert_expiry_reminders', '42501'),
    ('service_role', null, 'delete from public.cert_expiry_reminders', '42501'),
    ('service_role', null, 'update public.certification_expiry_runs set note = null', '42501')
) as reader (role_name, user_name, call, outcome);
select is(
    tests.outcome('authenticated', tests.id('user', 'oskar'), format(call.template, tests.id('mentor', 'berit'))), '42501',
    'a coordinator of another chapter sees, and may not: ' || call.template
)
from (
    values
    ('select public.renew_certification(%L, ''2026-01-01'', ''2199-01-01'')'),
    ('select public.transition_mentor_status(%L, ''paused'')')
) as call (template);
select * from finish();
rollback;
