-- Definer: takes messages of all organisations, with the devices of their recipients.
create or replace function public.claim_notifications(
    worker text,
    batch_size int default 50,
    lease interval default '5 minutes',
    as_of timestamptz default clock_timestamp()
)
returns table (
    id uuid,
    organisation_id uuid,
    organisation_name text,
    kind text,
    locale text,
    recipient_user_id uuid,
    recipient_mentor_id uuid,
    payload jsonb,
    badge_name text,
    devices jsonb,
    attempts int,
    created_at timestamptz,
    lease_expires_at timestamptz,
    is_on_website boolean
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_all_formed boolean;
    v_quiet uuid[];
    v_ids uuid[];
    v_buried uuid[];
    v_rounds int := 0;
begin
    perform private.require_lease(claim_notifications.worker, claim_notifications.lease);
    perform private.require_between('batch_size', claim_notifications.batch_size, 1, 1000);
    if claim_notifications.as_of is null then
        raise exception using
            errcode = '22023',
            message = 'as_of must be a timestamp.',
            hint = 'Leave it out for now.';
    end if;

    v_all_formed := private.form_digests(claim_notifications.as_of);
    v_quiet := array(
        select rules.organisation_id
        from private.delivery_rules(claim_notifications.as_of) as rules
        where rules.quiet_until is not null
    );
    -- Out of the way of what may be sent.
    if cardinality(v_quiet) > 0 then
        perform private.defer_quiet_notifications(claim_notifications.as_of);
    end if;

    -- Along the index on next_attempt_at, no further than needed: however long the queue, a claim is short. A digest
    -- is taken by its first message: a worker that has that one has them all. What is dead-lettered makes room for others.
    loop
        select array_agg(chosen.id)
        into v_ids
        from (
            select message.id
            from public.notifications as message
            where
                message.state in ('pending', 'in_progress')
                and message.next_attempt_at <= claim_notifications.as_of
                and (message.kind = 'ops_alert' or message.organisation_id <> all (v_quiet))
                and (
                    message.recipient_user_id is null
                    or (
                        message.digest_id = message.id
                        and (v_all_formed or message.attempts > 0 or message.state = 'in_progress')
                    )
                    or (message.digest_id is null and not private.goes_into_digest(message))
                )
            order by message.next_attempt_at
            limit least(claim_notifications.batch_size, private.row_cap())
            for update of message skip locked
        ) as chosen;

        v_buried := private.dead_letter_notifications(v_ids);
        v_ids := array(select given.id from unnest(v_ids) as given (id) where given.id <> all (v_buried));
        v_rounds := v_rounds + 1;
        exit when cardinality(v_buried) = 0 or cardinality(v_ids) > 0 or v_rounds = 10;
    end loop;

    update public.notifications as message
    set
        -- Taken over: its former holder may have sent it, and that was an attempt.
        attempts = message.attempts + (message.state = 'in_progress')::int,
        state = 'in_progress',
        leased_by = claim_notifications.worker,
        lease_expires_at = claim_notifications.as_of + claim_notifications.lease,
        next_attempt_at = claim_notifications.as_of + claim_notifications.lease
    where
        message.id = any (v_ids)
        or message.digest_id = any (v_ids);

    -- Each message's own rows by key, and not by a join: that reads all mentors for each where statistics call them none.
    return query
    select
        message.id,
        message.organisation_id,
        rules.organisation_name,
        case when message.digest_id is null then message.kind else 'digest' end,
        rules.locale,
        message.recipient_user_id,
        message.recipient_mentor_id,
        case
            when message.digest_id is null then message.payload
            else private.digest_payload(message.digest_id)
        end,
        (
            select definition.name
            from public.badge_definitions as definition
            where
                definition.organisation_id = message.organisation_id
                and definition.id::text = message.payload ->> 'badge_definition_id'
        ),
        (
            select coalesce(jsonb_agg(jsonb_build_object('id', device.id, 'token', device.token)), '[]')
            from public.device_tokens as device
            where device.user_id = coalesce(
                    message.recipient_user_id,
                    (select mentor.user_id from public.peer_mentors as mentor where mentor.id = message.recipient_mentor_id)
                )
        ),
        message.attempts,
        message.created_at,
        message.lease_expires_at,
        message.organisation_id not in (select private.organisations_without_website_sync())
    from public.notifications as message
    inner join private.delivery_rules(claim_notifications.as_of) as rules
        on rules.organisation_id = message.organisation_id
    where message.id = any (v_ids)
    order by message.created_at, message.id;
end
$$;

comment on function public.claim_notifications is
'Claims up to batch_size due messages for a worker until the lease ends.
batch_size is 1 to 1,000; no more are leased than the REST API would return (pgrst.db_max_rows). Each goes to one
worker, none in its organisation''s quiet hours, a coordinator''s as one digest a day. What had all its attempts, or is
for somebody who left the organisation, becomes a dead letter instead. Answer with complete_notifications. Callable by
service_role. Error: 22023.';
revoke all on function public.claim_notifications from public, anon, authenticated, service_role;
grant execute on function public.claim_notifications to service_role;
