create or replace function private.summarise_grants(
    activities public.grant_activity[]
)
returns setof public.grant_summary
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        known.category,
        count(found.activity_id),
        count(found.activity_id) filter (where found.is_counted),
        coalesce(sum(found.points), 0)::bigint,
        coalesce(sum(found.participant_count) filter (where found.is_counted), 0)::bigint,
        coalesce(sum(found.duration_minutes) filter (where found.is_counted), 0)::bigint,
        count(*) filter (where 'too_short' = any (found.reasons)),
        count(*) filter (where 'too_few_participants' = any (found.reasons)),
        count(*) filter (where 'not_in_person' = any (found.reasons)),
        count(*) filter (where 'not_led_by_peer' = any (found.reasons)),
        count(*) filter (where 'not_in_norway' = any (found.reasons)),
        count(*) filter (where 'no_category' = any (found.reasons)),
        count(*) filter (where 'voided' = any (found.reasons)),
        count(*) filter (where 'disputed' = any (found.reasons)),
        count(*) filter (where 'duplicate' = any (found.reasons))
    from (
        values ('outreach_conversation', 1), ('conversation_group', 2), ('activity_group', 3), ('peer_course', 4), (null, 5)
    ) as known (category, position)
    left join unnest(summarise_grants.activities) as found on found.category is not distinct from known.category
    group by known.category, known.position
    -- A row for what no rule names, where there is any.
    having known.category is not null or count(found.activity_id) > 0
    order by known.position
$$;

comment on function private.summarise_grants is
'Sums up counted activities: a row for each category, and one without a category where there are any. For our functions only.';
revoke all on function private.summarise_grants from public, anon, authenticated, service_role;
