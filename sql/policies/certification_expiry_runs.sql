-- A run is of all organisations, and so are its totals: coordinators see when it ran and how it went, and
-- get their own totals from get_run_summary.
call private.close_table('public.certification_expiry_runs');
grant select (run_id, as_of, is_local_today, started_at, finished_at, status, note)
on table public.certification_expiry_runs to authenticated;
grant select on table public.certification_expiry_runs to service_role;

create policy "Our own functions work on every row" on public.certification_expiry_runs
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.certification_expiry_runs
for all to service_role
using (true)
with check (true);

create policy "Coordinators see all runs" on public.certification_expiry_runs
for select to authenticated
using (exists (select from private.my_organisation_ids()));
