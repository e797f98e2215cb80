begin;
select plan(10);
select throws_ok(statement, 'PL005', null, statement)
from (
    values
    ('select private.set_log_retention(''badge_evaluation_logs'', 59)'),
    ('select private.set_log_retention(''badge_evaluation_logs'', null)'),
    ('update private.logs set retention_months = retention_months - 1'),
    ('update private.logs set organisation_column = ''peer_mentor_id'' where log_name = ''badge_evaluation_logs'''),
    ('delete from private.logs where log_name = ''security_events'''),
    ('truncate private.logs')
) as lowering (statement);
select throws_ok($$ select private.set_log_retention('no_log', 60) $$, 'PT404', null, 'a log that is not there');
select private.set_log_retention('badge_evaluation_logs', 120);
select is(
    (select retention_months from private.logs where log_name = 'badge_evaluation_logs'), 120, 'it can be raised'
);
select throws_ok(
    $$ select private.set_log_retention('badge_evaluation_logs', 119) $$, 'PL005', null, 'and not be taken back again'
);
select is(
    (
        select count(*) from pg_trigger
        where
            tgenabled = 'A' and tgparentid = 0
            and tgname in ('_100_keep_log_floor', '_110_keep_log_floors', '_050_stamp_event')
    ), 3::bigint, 'a replica session is no way around it'
);
select * from finish();
rollback;
