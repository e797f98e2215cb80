-- Written by begin_job and finish_job. A row without an organisation is for the operators.
call private.close_table('public.job_runs');
grant select on table public.job_runs to authenticated;
grant select, insert, update on table public.job_runs to service_role;

create policy "Our own functions work on every row" on public.job_runs
for all to peerledger_owner
using (true)
with check (true);

create policy "The service role works on every row" on public.job_runs
for all to service_role
using (true)
with check (true);

create policy "Coordinators see the nights of their organisations" on public.job_runs
for select to authenticated
using (organisation_id in (select private.my_organisation_ids()));
