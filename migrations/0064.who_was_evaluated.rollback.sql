set role peerledger_owner;
drop function if exists public.continue_badge_reconciliation(uuid, int);
drop function if exists private.reconcile_mentors(private.touched_mentor[], boolean, boolean);
alter table private.badge_reconciliation_totals drop column mentors_evaluated;
alter table private.badge_reconciliations drop column badges_by_time;
alter table private.badge_reconciliations drop column mentors_evaluated;
reset role;
