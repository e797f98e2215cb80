-- A lease that runs out is an attempt of which nobody heard: a message that brings down each worker ends here. And
-- anyone who left the organisation gets nothing more of it, which needs nobody's attention.
create or replace function private.dead_letter_notifications(
    message_ids uuid[]
)
returns uuid[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_buried uuid[];
    v_exhausted uuid[];
begin
    select
        array_agg(doomed.id),
        coalesce(array_agg(doomed.id) filter (where not doomed.has_left), array[]::uuid[])
    into v_buried, v_exhausted
    from (
        select
            message.id,
            message.attempts + (message.state = 'in_progress')::int >= private.delivery_attempt_limit() as is_exhausted,
            message.recipient_user_id is not null
            and not exists (
                select
                from public.coordinator_assignments as assignment
                where
                    assignment.user_id = message.recipient_user_id
                    and assignment.organisation_id = message.organisation_id
            )
            and not exists (
                select
                from public.peer_mentors as mentor
                where
                    mentor.user_id = message.recipient_user_id
                    and mentor.organisation_id = message.organisation_id
            ) as has_left
        from public.notifications as message
        where message.id = any (dead_letter_notifications.message_ids)
    ) as doomed
    where doomed.is_exhausted or doomed.has_left;
    if v_buried is null then
        return array[]::uuid[];
    end if;

    update public.notifications as member
    set
        attempts = member.attempts + (member.state = 'in_progress')::int,
        state = 'dead_lettered',
        leased_by = null,
        lease_expires_at = null,
        last_error = case
            when coalesce(member.digest_id, member.id) = any (v_exhausted) then 'No attempt came to an end: each lease ran out.'
            else 'The recipient no longer belongs to the organisation.'
        end
    where
        member.id = any (v_buried)
        or member.digest_id = any (v_buried);

    perform private.alert_of_delivery_problems(v_exhausted, array_fill('dead_letter'::text, array[cardinality(v_exhausted)]));
    return v_buried;
end
$$;

comment on function private.dead_letter_notifications is
'Makes dead letters of those of these messages (locked by the caller) that had all their attempts or whose recipient has
left the organisation, and returns which. For our functions only.';
revoke all on function private.dead_letter_notifications from public, anon, authenticated, service_role;
