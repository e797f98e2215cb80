-- Definer: reads activities and disputes of mentors that the caller need not have in scope; the caller is checked first.
create or replace function public.list_grant_activities(
    org_id uuid,
    from_date date,
    to_date date,
    page_limit int default 50,
    page_offset int default 0
)
returns setof public.grant_activity
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform private.require_grant_period(
        list_grant_activities.org_id, list_grant_activities.from_date, list_grant_activities.to_date
    );
    perform private.require_page(list_grant_activities.page_limit, list_grant_activities.page_offset);

    return query
    select
        one.activity_id, one.mentor_id, one.coordinator_id, one.activity_type, one.occurred_on,
        one.duration_minutes, one.participant_count, one.delivery_mode, one.event_id, one.place, one.role,
        one.category, one.rule_id, one.is_counted, one.points, one.reasons, one.duplicate_of, count(*) over ()
    from private.grant_activities(
        list_grant_activities.org_id, list_grant_activities.from_date, list_grant_activities.to_date
    ) as one
    order by one.occurred_on, one.activity_id
    limit list_grant_activities.page_limit
    offset list_grant_activities.page_offset;
end
$$;

comment on function public.list_grant_activities is
'Lists the activities of a period as they are counted for the state''s grant, oldest first.
Each has its category, is_counted, points and the reasons why not: too_short, too_few_participants, not_in_person, not_led_by_peer,
not_in_norway, no_category, voided, disputed, duplicate (duplicate_of is the one that stands for it). Both days are included; total_count is the number
on all pages. Callable by coordinators of the organisation and service_role. Errors: PT404, 22023.';
revoke all on function public.list_grant_activities from public, anon, authenticated, service_role;
grant execute on function public.list_grant_activities to authenticated, service_role;
