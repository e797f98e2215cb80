-- A badge for a length of service is awarded by the night, and was missed by nobody.
create or replace function private.award_ratio(
    reconciliation private.badge_reconciliations
)
returns numeric
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        round(
            coalesce(
                ((award_ratio.reconciliation).badges_awarded - (award_ratio.reconciliation).badges_by_time)::numeric
                / nullif(count(*), 0), 0
            ), 4
        )
    from public.earned_badges as earned
    where earned.earned_at >= (award_ratio.reconciliation).since
$$;

comment on function private.award_ratio is
'The share, 0 to 1, of the badges awarded since then that had been missed and this reconciliation had to award. For our functions only.';
revoke all on function private.award_ratio from public, anon, authenticated, service_role;
