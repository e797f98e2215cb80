-- Definer: counts in tables that coordinators do not read whole; the caller is checked first.
create or replace function public.get_compliance_report(
    org_id uuid,
    from_date date,
    to_date date
)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
-- Many short queries over many partitions: to compile each takes longer than to run it.
set jit = off
as $$
declare
    c_longest constant int := 3660;
    v_organisation record;
    v_period tstzrange;
    v_report jsonb;
begin
    perform private.require_organisation(get_compliance_report.org_id);
    if not coalesce(
        get_compliance_report.from_date between '1970-01-01' and '2199-12-31'
        and get_compliance_report.to_date between '1970-01-01' and '2199-12-31'
        and get_compliance_report.to_date - get_compliance_report.from_date < c_longest,
        false
    ) then
        raise exception using
            errcode = '22023',
            message = format(
                'A report needs two dates from 1970 to 2199, at most ten years apart, not %s and %s.',
                coalesce(get_compliance_report.from_date::text, 'null'), coalesce(get_compliance_report.to_date::text, 'null')
            ),
            hint = 'Both days are included; give the same date twice for one day.';
    end if;
    v_period := private.visible_day_range(
        get_compliance_report.org_id, get_compliance_report.from_date, get_compliance_report.to_date
    );

    select organisation.id, organisation.slug, organisation.name, organisation.time_zone, coalesce(setting.locale, 'nb') as locale
    into strict v_organisation
    from public.organisations as organisation
    left join public.organisation_settings as setting on setting.organisation_id = organisation.id
    where organisation.id = get_compliance_report.org_id;

    v_report := jsonb_build_object(
        'organisation', to_jsonb(v_organisation),
        'from_date', get_compliance_report.from_date,
        'to_date', get_compliance_report.to_date,
        'unit', private.report_unit(get_compliance_report.from_date, get_compliance_report.to_date),
        'made_at', clock_timestamp(),
        'database_position', case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
        'badges', private.report_badges(
            v_organisation.id, get_compliance_report.from_date, get_compliance_report.to_date, v_organisation.time_zone
        ),
        'certifications', private.report_certifications(
            v_organisation.id, get_compliance_report.from_date, get_compliance_report.to_date, v_organisation.time_zone
        ),
        'website_sync', private.report_website_sync(
            v_organisation.id, get_compliance_report.from_date, get_compliance_report.to_date, v_organisation.time_zone
        ),
        'proxy', private.report_proxy(
            v_organisation.id, get_compliance_report.from_date, get_compliance_report.to_date, v_organisation.time_zone
        ),
        'activities', private.report_activities(
            v_organisation.id, get_compliance_report.from_date, get_compliance_report.to_date, v_organisation.time_zone
        ),
        'disputes', private.report_disputes(v_organisation.id, v_period),
        'dead_letters', private.report_dead_letters(v_organisation.id, v_period),
        'alerts', private.report_alerts(v_organisation.id, v_period),
        'retention', private.report_logs(v_organisation.id, v_period)
    );
    return v_report || jsonb_build_object('attention', private.report_attention(v_report));
end
$$;

comment on function public.get_compliance_report is
'Reports what happened in an organisation from one day through another, for an auditor.
Days are those of its time zone. It has evaluations and awards, each night, the website, activities, proxy registrations
and disputes, dead letters, alerts, and the state of the logs. Counts and ids, no names; zeros included. Callable by coordinators of the
organisation and service_role. Errors: PT404, 22023.';
revoke all on function public.get_compliance_report from public, anon, authenticated, service_role;
grant execute on function public.get_compliance_report to authenticated, service_role;
