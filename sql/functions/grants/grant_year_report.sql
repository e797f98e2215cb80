create or replace function private.grant_year_report(
    org_id uuid,
    year int
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_first date := make_date(grant_year_report.year, 1, 1);
    v_last date := make_date(grant_year_report.year, 12, 31);
    v_activities public.grant_activity[] := array(
        select one from private.grant_year_list(grant_year_report.org_id, grant_year_report.year) as one
    );
    v_year public.grant_years;
begin
    select closed.*
    into v_year
    from public.grant_years as closed
    where closed.organisation_id = grant_year_report.org_id and closed.year = grant_year_report.year;

    return jsonb_build_object(
        'organisation', (
            select
                jsonb_build_object(
                    'id', organisation.id, 'slug', organisation.slug, 'name', organisation.name,
                    'time_zone', organisation.time_zone, 'locale', coalesce(setting.locale, 'nb'),
                    'leader_counts', coalesce(setting.grant_leader_counts, false)
                )
            from public.organisations as organisation
            left join public.organisation_settings as setting on setting.organisation_id = organisation.id
            where organisation.id = grant_year_report.org_id
        ),
        'year', grant_year_report.year,
        'made_at', clock_timestamp(),
        'closed', case
            when v_year.year is not null
                then to_jsonb(v_year) || jsonb_build_object(
                    'list_sha256', private.grant_list_sha256(grant_year_report.org_id, grant_year_report.year),
                    'entry_id', (
                        select entry.id
                        from public.administrative_changes as entry
                        where
                            entry.organisation_id = grant_year_report.org_id
                            and entry.subject_kind = 'grant_year'
                            and entry.change_kind = 'closed'
                            and entry.details ->> 'year' = grant_year_report.year::text
                        order by entry.changed_at
                        limit 1
                    )
                )
        end,
        'summary', (select jsonb_agg(to_jsonb(summary)) from private.summarise_grants(v_activities) as summary),
        'months', (
            select jsonb_agg(jsonb_build_object('starts_on', month.starts_on, 'points', month.points) order by month.starts_on)
            from (
                select
                    start::date as starts_on,
                    jsonb_build_object(
                        'outreach_conversation', coalesce(sum(one.points) filter (where one.category = 'outreach_conversation'), 0),
                        'conversation_group', coalesce(sum(one.points) filter (where one.category = 'conversation_group'), 0),
                        'activity_group', coalesce(sum(one.points) filter (where one.category = 'activity_group'), 0),
                        'peer_course', coalesce(sum(one.points) filter (where one.category = 'peer_course'), 0)
                    ) as points
                from generate_series(v_first::timestamp, v_last::timestamp, interval '1 month') as start
                left join unnest(v_activities) as one
                    on one.occurred_on >= start::date and one.occurred_on < (start + interval '1 month')::date
                group by start
            ) as month
        ),
        'rules', (
            select
                jsonb_agg(
                    to_jsonb(rule) || jsonb_build_object('is_own', rule.organisation_id is not null)
                    order by rule.category, rule.valid_from, rule.id
                )
            from public.grant_rules as rule
            where
                (rule.organisation_id = grant_year_report.org_id or rule.organisation_id is null)
                and daterange(rule.valid_from, rule.valid_to, '[]') && daterange(v_first, v_last, '[]')
        ),
        'unknown', (
            select
                jsonb_build_object(
                    'role', count(*) filter (where one.category in ('conversation_group', 'activity_group') and one.role is null),
                    'groups', count(*) filter (where one.category in ('conversation_group', 'activity_group')),
                    'place', count(*) filter (where one.category = 'peer_course' and one.place is null),
                    'course_days', count(*) filter (where one.category = 'peer_course'),
                    'event', count(*) filter (where one.event_id is null),
                    'counted', count(*)
                )
            from unnest(v_activities) as one
            where one.is_counted
        )
    );
end
$$;

comment on function private.grant_year_report is
'What a page about a grant year says: figures, rules, what is not recorded, and whether a closed year''s list is what was hashed. For the runner.';
revoke all on function private.grant_year_report from public, anon, authenticated, service_role;
