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
        ),
        -- Few rows of many activities: everything below is counted from these.
        by_mentor as (
            select
                one.mentor_id,
                count(*) as activities,
                count(*) filter (where one.is_counted) as counted,
                sum(one.points) as points
            from unnest(v_activities) as one
            group by one.mentor_id
        ),
        by_day as (
            select
                one.occurred_on,
                count(*) filter (where one.is_counted) as counted,
                count(*) filter (where not one.is_counted) as not_counted,
                sum(one.points) as points
            from unnest(v_activities) as one
            group by one.occurred_on
        )
        select
            jsonb_build_object(
                'activities', cardinality(v_activities),
                'counted', (select coalesce(sum(by_day.counted), 0) from by_day),
                'points', (select coalesce(sum(by_day.points), 0) from by_day),
                'by_category', (select jsonb_agg(to_jsonb(summary)) from private.summarise_grants(v_activities) as summary),
                'by_chapter', (
                    select coalesce(jsonb_agg(to_jsonb(summed) order by summed.activities desc, summed.chapter), '[]')
                    from (
                        select
                            chapter.name as chapter,
                            sum(by_mentor.activities) as activities,
                            sum(by_mentor.counted) as counted,
                            sum(by_mentor.points) as points,
                            count(*) as mentors
                        from by_mentor
                        inner join public.peer_mentors as mentor on mentor.id = by_mentor.mentor_id
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
                            coalesce(sum(by_day.counted), 0) as counted,
                            coalesce(sum(by_day.not_counted), 0) as not_counted,
                            coalesce(sum(by_day.points), 0) as points
                        from steps
                        left join by_day on by_day.occurred_on >= steps.starts_on and by_day.occurred_on < steps.next_on
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
