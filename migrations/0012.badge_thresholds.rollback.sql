set role peerledger_owner;

-- The older code takes every value for exact: let it count again.
update private.mentor_measures set catalogue_version = null where true;

drop type private.measure_gain;
drop type private.measure_doubt;

create type private.measure_change as (
    mentor_id uuid,
    measure_id int,
    gain bigint,
    first_day date,
    last_day date,
    needs_series boolean
);
comment on type private.measure_change is
'What an addition does to a measure: it grows by gain, or the series from first_day to last_day decides.';

comment on column private.mentor_measures.measures is null;
drop table private.badge_findings;
alter table private.mentor_measures drop column settled_until;
alter table private.badge_measures drop column thresholds;
alter table private.badge_rules drop column criteria;
alter table public.earned_badges alter column evidence drop default;

reset role;
