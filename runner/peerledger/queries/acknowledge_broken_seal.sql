-- A checkpoint was signed: what the alert said of the seals is over.
update public.ops_alerts
set acknowledged_at = now()
where dedupe_key = 'seal_broken' and acknowledged_at is null;
