begin;
select plan(9);
select tests.make_organisation('north');
select tests.make_mentor('m' || number, 'north') from generate_series(1, 300) as number;
select tests.make_certificate('m' || number, case when number <= 250 then date '2026-02-28' else date '2026-03-05' end)
from generate_series(1, 300) as number;
create temporary sequence attempts;
create temporary table failing (mentor_id uuid primary key, code text);
insert into failing select tests.id('mentor', 'm' || number), '58000' from generate_series(1, 250) as number;
create function pg_temp.fail() returns trigger language plpgsql as $$
begin
    if exists (select from pg_temp.failing where mentor_id = new.id) then
        perform nextval('pg_temp.attempts');
        raise exception using errcode = (select code from pg_temp.failing where mentor_id = new.id), message = 'no';
    end if;
    return new;
end
$$;
grant all on failing, attempts to public;
create trigger fail before update on public.peer_mentors for each row execute function pg_temp.fail();

select is(
    (select row(total_transitioned, total_reminders_sent, total_failures)::text from public.run_certification_expiry('2026-03-01', tests.id('run', '1'))),
    '(0,50,250)', 'when all fail each has its entry, and the reminders are not affected'
);
select is(
    (select array_agg(distinct error_message) from public.certification_expiry_audit_log where event_type = 'transition_failed'),
    array['The status could not be changed. The database met a system error. (58000)'], 'that says why'
);
select cmp_ok((select last_value from attempts), '<', 60::bigint, 'after some dozens of attempts');

-- The first thirty in the order of the run: neighbours, and not everybody.
delete from failing where mentor_id not in (
    select mentor_id from public.certifications where expires_on = '2026-02-28' order by mentor_id limit 30
);
select is(
    (select row(total_transitioned, total_reminders_sent, total_failures)::text from public.run_certification_expiry('2026-03-01', tests.id('run', '2'))),
    '(220,0,30)', 'thirty neighbours alike do not stop the others'
);
select is((select count(*) from public.peer_mentors where status = 'expired_cert'), 220::bigint, 'who have their status');

-- A few remain, each with a code of its own.
update failing set code = case when mentor_id in (select mentor_id from failing order by mentor_id limit 15) then '22000' else '23000' end;
select is(
    (select row(total_transitioned, total_failures)::text from public.run_certification_expiry('2026-03-01', tests.id('run', '3'))),
    '(0,30)', 'two troubles'
);
select is(
    (
        select string_agg(format('%s × %s', error_message, times), e'\n' order by error_message)
        from (
            select error_message, count(*) as times from public.certification_expiry_audit_log
            where run_id = tests.id('run', '3') group by 1
        ) as said
    ),
    e'The status could not be changed. A constraint of the database was violated. (23000) × 15\n'
    'The status could not be changed. A value could not be used. (22000) × 15',
    'are told apart'
);
drop trigger fail on public.peer_mentors;
select is(
    (select row(total_transitioned, total_failures)::text from public.run_certification_expiry('2026-03-01')), '(30,0)', 'the next run handles them'
);
select is_empty('select * from public.find_duplicate_transitions()', 'and nobody twice');
select * from finish();
rollback;
