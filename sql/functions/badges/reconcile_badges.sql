-- Definer: reads what a reconciliation found, in a private table.
create or replace function public.reconcile_badges(
    since timestamptz default now() - interval '24 hours',
    suppress_notifications boolean default false
)
returns table (
    activities_scanned bigint,
    mentors_missing bigint,
    badges_awarded bigint,
    award_ratio numeric,
    alert boolean
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id uuid := public.start_badge_reconciliation(reconcile_badges.since, reconcile_badges.suppress_notifications);
    v_is_finished boolean := false;
begin
    while not v_is_finished loop
        select progress.is_finished
        into v_is_finished
        from public.continue_badge_reconciliation(v_id) as progress;
    end loop;

    return query
    select
        reconciliation.activities_scanned,
        reconciliation.mentors_missing,
        reconciliation.badges_awarded,
        ratio.value,
        ratio.value > 0.05
    from private.badge_reconciliations as reconciliation
    cross join lateral (select private.award_ratio(reconciliation) as value) as ratio
    where reconciliation.id = v_id;
end
$$;

comment on function public.reconcile_badges is
'Finds and awards the badges that were missed since a time.
Looks at every mentor with an activity written since then, in one transaction, and evaluates those of whom something is missing or
wrong; for all of history take start_badge_reconciliation. award_ratio is the share (0 to 1) of the badges awarded since then that had been missed
and this call had to award, without those for a length of service; above 0.05 it alerts. With suppress_notifications nobody is told. Callable by service_role. Error: 22023.';
revoke all on function public.reconcile_badges from public, anon, authenticated, service_role;
grant execute on function public.reconcile_badges to service_role;
