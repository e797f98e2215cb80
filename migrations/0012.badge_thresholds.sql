-- depends: 0011.delivery
-- A measure's exact value matters only where a badge has a threshold. With the thresholds at hand an insert
-- may keep an upper bound and look at the history only when that bound crosses one.
set role peerledger_owner;

alter table private.badge_measures add column thresholds bigint[] not null default '{}';
-- What was compiled: criteria that came by without the triggers are not mistaken for it.
alter table private.badge_rules add column criteria jsonb;
update private.badge_rules as rule
set criteria = definition.criteria
from public.badge_definitions as definition
where definition.id = rule.badge_definition_id and definition.criteria_version = rule.criteria_version;
comment on column private.badge_rules.criteria is 'The criteria that the formula was compiled from.';

alter table public.earned_badges alter column evidence set default '[]';

comment on column private.badge_measures.thresholds is
'What the badges of the organisation ask this measure to reach, ascending.';

update private.badge_measures as measure
set thresholds = asked.thresholds
from (
    select (leaf.value ->> 'measure_id')::int as measure_id, array_agg(distinct threshold.value order by threshold.value) as thresholds
    from private.badge_rules as rule
    cross join lateral jsonb_array_elements(rule.leaves) as leaf
    cross join lateral (select (leaf.value ->> 'at_least')::bigint as value) as threshold
    where leaf.value ->> 'measure_id' is not null
    group by (leaf.value ->> 'measure_id')::int
) as asked
where asked.measure_id = measure.id;

alter table private.mentor_measures add column settled_until timestamptz;
comment on column private.mentor_measures.settled_until is
'Until then what the last evaluation found still holds; null: a threshold was crossed or something else changed.';

create table private.badge_findings (
    mentor_id uuid primary key references private.mentor_measures (mentor_id) on delete cascade,
    badges_evaluated jsonb not null,
    criteria_outcomes jsonb not null
);
comment on table private.badge_findings is
'What the last evaluation of a mentor found, so that an activity that crosses no threshold need not look again.';

comment on column private.mentor_measures.measures is
'By measure id: never less than the true value, and on the same side of every threshold. Sums without a window are exact.';

drop function if exists private.measure_gains (private.activity_days []);
drop type private.measure_change;

create type private.measure_doubt as (
    measure_id int,
    known bigint,
    first_day date,
    last_day date
);
comment on type private.measure_doubt is
'A measure whose bound crossed a threshold: what was known before, and the days whose series decides.';

create type private.measure_gain as (
    mentor_id uuid,
    measures jsonb,
    crosses_threshold boolean,
    doubts private.measure_doubt []
);
comment on type private.measure_gain is 'What an addition does to the measures of one mentor.';

reset role;
