-- The reconciliation of badges that was interrupted last.
select id
from private.badge_reconciliations
where finished_at is null
order by started_at desc
limit 1;
