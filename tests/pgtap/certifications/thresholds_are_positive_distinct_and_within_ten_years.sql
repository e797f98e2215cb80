begin;
select plan(7);
select tests.make_organisation('north');
select is(
    tests.outcome('service_role', null, format(
        'insert into public.organisation_settings (organisation_id, reminder_thresholds_days) values (%L, %L)',
        tests.id('organisation', 'north'), attempt.thresholds
    )),
    attempt.outcome, format('%s: %s', attempt.thresholds, attempt.outcome)
)
from (
    values ('{30,14,7}', '1'), ('{1}', '1'), ('{}', '23514'), ('{7,7}', '23514'), ('{7,0}', '23514'), ('{7,null}', '23514'),
    ('{3651}', '23514')
) as attempt (thresholds, outcome);
select * from finish();
rollback;
