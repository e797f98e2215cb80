-- depends: 0063.told_problems
-- A reconciliation looks at more mentors than it evaluates: how many those were. And of what it awards not all was missed.
set role peerledger_owner;

alter table private.badge_reconciliations add column mentors_evaluated bigint not null default 0;
comment on column private.badge_reconciliations.mentors_evaluated is
'Of mentors_done those who were evaluated and have a log entry each. The others were found right.';
alter table private.badge_reconciliations add column badges_by_time bigint not null default 0;
comment on column private.badge_reconciliations.badges_by_time is
'Of badges_awarded those that no insert could have awarded: the length of service was what was missing.';
alter table private.badge_reconciliation_totals add column mentors_evaluated bigint not null default 0;
comment on column private.badge_reconciliation_totals.mentors_evaluated is
'Of mentors_done those who were evaluated. The others were found right.';
-- They return one column more by now.
drop function if exists public.continue_badge_reconciliation(uuid, int);
drop function if exists private.reconcile_mentors(private.touched_mentor[], boolean);

reset role;
