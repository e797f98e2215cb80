begin;
select plan(6);
select tests.make_organisation('north');
select tests.make_listed_mentor('olga', 'north');
select tests.make_mentor('lost ' || number, 'north') from generate_series(1, 12) as number;
update public.peer_mentors set status = 'withdrawn' where display_name like 'lost%';
update public.hlf_sync_state set is_doubtful = true where operation = 'remove';

select results_eq(
    $$ select mentor_id from public.claim_hlf_sync('w', 2, '1 minute') $$, array[tests.id('mentor', 'olga')],
    'they cost nobody their place in the batch'
);
select results_eq(
    'select state, last_error, is_doubtful, count(*) from public.hlf_sync_state where operation = ''remove'' group by 1, 2, 3',
    $$ values ('dead_lettered', 'The mentor has no Dynamics contact id.', false, 12::bigint) $$, 'they are given up'
);
select results_eq(
    'select outcome, operation, retry_count, dynamics_response_code, error_message, triggered_by_event, count(*)
    from public.hlf_sync_audit_log group by 1, 2, 3, 4, 5, 6',
    $$ values (
        'dead_lettered', 'remove', 0, null::int, 'The mentor has no Dynamics contact id.', 'status_change:withdrawn', 12::bigint
    ) $$, 'on record, with no request made'
);
select results_eq(
    $$ select organisation_id, details ->> 'removals' from public.ops_alerts where kind = 'dead_letters' $$,
    $$ values (tests.id('organisation', 'north'), '12') $$, 'one alert for the organisation'
);
update public.peer_mentors set dynamics_contact_id = tests.id('contact', 'lost 1') where display_name = 'lost 1';
select results_eq(
    $$ select mentor_id, operation from public.claim_hlf_sync('w', 2, '1 minute') $$,
    $$ values (tests.id('mentor', 'lost 1'), 'remove') $$, 'once the contact is known it is sent'
);
select is_empty($$ select from public.claim_hlf_sync('w', 2, '1 minute') $$, 'the others stay given up');
select finish();
rollback;
