create or replace function private.alert_if_many_were_missed(
    reconciliation private.badge_reconciliations
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if private.award_ratio(alert_if_many_were_missed.reconciliation) > 0.05 then
        perform private.raise_alert(
            'reconciliation_over_5_percent',
            'warning',
            format(
                'Reconciliation had to award %s badges, %s %% of those since %s: the evaluation on insert missed them. '
                'Was it switched off?',
                alert_if_many_were_missed.reconciliation.badges_awarded
                - alert_if_many_were_missed.reconciliation.badges_by_time,
                round(100 * private.award_ratio(alert_if_many_were_missed.reconciliation), 1),
                to_char(alert_if_many_were_missed.reconciliation.since at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"')
            ),
            'reconciliation_over_5_percent'
        );
    end if;
end
$$;

comment on function private.alert_if_many_were_missed is
'Tells the operators when a reconciliation had to award more than 5 % of the badges. For our functions only.';
revoke all on function private.alert_if_many_were_missed from public, anon, authenticated, service_role;
