-- One message for each mentor and digest: what is registered for them before its time comes is added to it. It stands in
-- the outbox from the first registration on, so none is forgotten whoever dies in between; once it is being sent, the next
-- registration begins the message of the following day.
create or replace function private.notify_proxy_registered(
    activity_ids uuid[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- A message is read on a telephone: beyond these only the number.
    c_listed constant int := 100;
    v_left uuid[] := notify_proxy_registered.activity_ids;
    v_told uuid[];
begin
    for v_later in 0..2 loop
        with spoken_for as (
            select
                mentor.id as mentor_id,
                mentor.organisation_id,
                count(*) as activity_count,
                max(activity.occurred_on) as latest_on,
                jsonb_agg(activity.id order by activity.occurred_on, activity.id) as activity_ids
            from public.activities as activity
            inner join public.peer_mentors as mentor on mentor.id = activity.mentor_id
            where activity.id = any (v_left) and private.has_address(mentor)
            group by mentor.id, mentor.organisation_id
        ),
        timed as (
            select
                spoken_for.*,
                organisation.time_zone,
                private.next_digest_at(organisation.time_zone, coalesce(settings.digest_at, '08:00'), now())
                + v_later * interval '1 day' as due_at
            from spoken_for
            inner join public.organisations as organisation on organisation.id = spoken_for.organisation_id
            left join public.organisation_settings as settings on settings.organisation_id = spoken_for.organisation_id
        ),
        told as (
            insert into public.notifications as message (
                organisation_id, recipient_mentor_id, kind, payload, dedupe_key, next_attempt_at
            )
            select
                timed.organisation_id,
                timed.mentor_id,
                'proxy_registered',
                jsonb_build_object(
                    'mentor_id', timed.mentor_id,
                    'digest_on', (timed.due_at at time zone timed.time_zone)::date,
                    'activity_count', timed.activity_count,
                    'latest_on', timed.latest_on,
                    'activity_ids', jsonb_path_query_array(timed.activity_ids, format('$[0 to %s]', c_listed - 1)::jsonpath)
                ),
                format('proxy_registered:%s:%s', timed.mentor_id, (timed.due_at at time zone timed.time_zone)::date),
                timed.due_at
            from timed
            -- In this order two sessions wait for each other in one direction.
            order by timed.mentor_id
            on conflict (dedupe_key) do update
            set
                payload = message.payload || jsonb_build_object(
                    'activity_count',
                    (message.payload ->> 'activity_count')::bigint + (excluded.payload ->> 'activity_count')::bigint,
                    'latest_on', greatest(message.payload ->> 'latest_on', excluded.payload ->> 'latest_on'),
                    'activity_ids',
                    jsonb_path_query_array(
                        (message.payload -> 'activity_ids') || (excluded.payload -> 'activity_ids'),
                        format('$[0 to %s]', c_listed - 1)::jsonpath
                    )
                )
            where message.state = 'pending' and message.attempts = 0
            returning message.recipient_mentor_id
        )
        select array_agg(told.recipient_mentor_id)
        into v_told
        from told;

        v_left := array(
            select activity.id
            from public.activities as activity
            inner join public.peer_mentors as mentor on mentor.id = activity.mentor_id
            where
                activity.id = any (v_left)
                and not coalesce(activity.mentor_id = any (v_told), false)
                and private.has_address(mentor)
        );
        exit when cardinality(v_left) = 0;
    end loop;
end
$$;

comment on function private.notify_proxy_registered is
'Tells each mentor that these activities were registered on their behalf, in one message a day at the hour of the digest. A mentor without an
address is left out. For our functions only; lock the mentors first.';
revoke all on function private.notify_proxy_registered from public, anon, authenticated, service_role;
