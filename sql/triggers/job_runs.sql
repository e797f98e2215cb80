-- As on ops_alerts: a coordinator reads why a night failed.

create or replace trigger _300_mask_texts
before insert or update of job, reason on public.job_runs
for each row
when (not pg_has_role(current_user, 'peerledger_owner', 'usage'))
execute function private.tg_all__mask_texts('job', 'reason');

create or replace trigger _310_require_plain_json
before insert or update of details on public.job_runs
for each row
when (not pg_has_role(current_user, 'peerledger_owner', 'usage'))
execute function private.require_plain_json('details');
