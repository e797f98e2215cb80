-- As registrations_that_cannot_be_logged_are_rejected, of changes: the caller sees the safe text, and nothing of the row that failed.
begin;
select plan(3);
select tests.make_two_organisations();
alter table public.proxy_audit_log add constraint nothing_fits check (false) not valid;
select throws_ok(
    format('update public.activities set duration_minutes = 61 where id = %L', tests.id('activity', 'nina for olga')),
    '23514',
    'Nothing was saved, because the audit log could not be written. A constraint of the database was violated. (23514)',
    'the caller learns what happened'
);
select is(
    (select duration_minutes from public.activities where id = tests.id('activity', 'nina for olga')), 60,
    'nothing was changed'
);
select lives_ok(
    format('update public.activities set duration_minutes = 61 where id = %L', tests.id('activity', 'olga''s')),
    'the mentor''s own activity has nothing to do with this log'
);
select finish();
rollback;
