-- By the days on which the activities took place, not those on which they were registered.
create or replace function private.report_activities(
    org_id uuid,
    from_date date,
    to_date date,
    time_zone text
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_activities public.grant_activity[] := array(
        select one
        from private.grant_activities(report_activities.org_id, report_activities.from_date, report_activities.to_date) as one
    );
begin
    return (
        with steps as (
            select step.starts_on, coalesce(lead(step.starts_on) over (order by step.starts_on), report_activities.to_date + 1) as next_on
            from private.report_steps(report_activities.from_date, report_activities.to_date, report_activities.time_zone) as step
        )
        select
            jsonb_build_object(
                'activities', (select count(*) from unnest(v_activities)),
                'counted', (select count(*) from unnest(v_activities) as one where one.is_counted),
                'points', (select coalesce(sum(one.points), 0) from unnest(v_activities) as one),
                'by_category', (select jsonb_agg(to_jsonb(summary)) from private.summarise_grants(v_activities) as summary),
                'by_chapter', (
                    select coalesce(jsonb_agg(to_jsonb(summed) order by summed.activities desc, summed.chapter), '[]')
                    from (
                        select
                            chapter.name as chapter,
                            count(*) as activities,
                            count(*) filter (where one.is_counted) as counted,
                            coalesce(sum(one.points), 0) as points,
                            count(distinct one.mentor_id) as mentors
                        from unnest(v_activities) as one
                        inner join public.peer_mentors as mentor on mentor.id = one.mentor_id
                        left join public.chapters as chapter on chapter.id = mentor.chapter_id
                        group by chapter.id, chapter.name
                    ) as summed
                ),
                'closed_years', (
                    select coalesce(jsonb_agg(to_jsonb(closed) order by closed.year), '[]')
                    from public.grant_years as closed
                    where
                        closed.organisation_id = report_activities.org_id
                        and make_date(closed.year, 12, 31) >= report_activities.from_date
                        and make_date(closed.year, 1, 1) <= report_activities.to_date
                ),
                'series', (
                    select
                        jsonb_agg(
                            jsonb_build_object(
                                'starts_on', summed.starts_on, 'counted', summed.counted, 'not_counted', summed.not_counted,
                                'points', summed.points
                            )
                            order by summed.starts_on
                        )
                    from (
                        select
                            steps.starts_on,
                            count(one.activity_id) filter (where one.is_counted) as counted,
                            count(one.activity_id) filter (where not one.is_counted) as not_counted,
                            coalesce(sum(one.points), 0) as points
                        from steps
                        left join unnest(v_activities) as one
                            on one.occurred_on >= steps.starts_on and one.occurred_on < steps.next_on
                        group by steps.starts_on
                    ) as summed
                )
            )
    );
end
$$;

comment on function private.report_activities is
'The activities that took place in a period, by category, chapter and day or month, those that count for grants and those that do not. For
public.get_compliance_report only.';
revoke all on function private.report_activities from public, anon, authenticated, service_role;
