-- After definitions were compiled or deleted: the new version, and what each measure is to reach.
create or replace function private.renew_badge_catalogues(
    organisation_ids uuid[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into private.badge_catalogues (organisation_id)
    select unnest(renew_badge_catalogues.organisation_ids)
    on conflict (organisation_id) do update set version = badge_catalogues.version + 1;

    with asked as (
        select leaf.measure_id, array_agg(distinct leaf.at_least order by leaf.at_least) as thresholds
        from private.badge_rules as rule
        cross join lateral jsonb_to_recordset(rule.leaves) as leaf (measure_id bigint, at_least bigint)
        where rule.organisation_id = any (renew_badge_catalogues.organisation_ids) and leaf.measure_id is not null
        group by leaf.measure_id
    ),
    unasked as (
        delete from private.badge_measures as measure
        where
            measure.organisation_id = any (renew_badge_catalogues.organisation_ids)
            and measure.id not in (select asked.measure_id from asked)
    )
    update private.badge_measures as measure
    set thresholds = asked.thresholds, changed_in = catalogue.version
    from asked
    cross join private.badge_catalogues as catalogue
    where
        asked.measure_id = measure.id
        and catalogue.organisation_id = measure.organisation_id
        and asked.thresholds <> measure.thresholds;
end
$$;

comment on function private.renew_badge_catalogues is
'Gives the catalogues of these organisations a new version and their measures the thresholds that badges ask for now. For
our functions only.';
revoke all on function private.renew_badge_catalogues from public, anon, authenticated, service_role;
