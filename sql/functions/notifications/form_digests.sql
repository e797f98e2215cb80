-- Which messages make up a digest is written down before the first attempt: each later attempt sends
-- the same ones under the same id, and the receiver can tell a repetition.
create or replace function private.form_digests(
    as_of timestamptz
)
returns boolean
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Each call is short, however much has gathered.
    c_at_once constant int := 5000;
    v_count int;
begin
    -- One worker at a time, or two would each make a digest of half; the next claim sees the rest.
    if not pg_try_advisory_xact_lock(hashtextextended('peerledger form_digests', 0)) then
        return false;
    end if;

    with due as materialized (
        select message.id, message.organisation_id, message.recipient_user_id, message.created_at
        from public.notifications as message
        where
            message.state = 'pending'
            and message.digest_id is null
            and message.recipient_user_id is not null
            and message.next_attempt_at <= form_digests.as_of
            and private.goes_into_digest(message)
        order by message.next_attempt_at
        limit c_at_once
    ),
    rules as materialized (
        select
            rule.*,
            private.next_digest_at(rule.time_zone, rule.digest_at, form_digests.as_of) as next_digest_at
        from private.delivery_rules(form_digests.as_of) as rule
    ),
    gathered as materialized (
        select
            due.organisation_id,
            due.recipient_user_id,
            rules.local_date,
            rules.next_digest_at,
            timing.has_come,
            array_agg(due.id order by due.created_at, due.id) as message_ids
        from due
        inner join rules on rules.organisation_id = due.organisation_id
        cross join lateral (
            select private.next_digest_at(rules.time_zone, rules.digest_at, due.created_at) <= form_digests.as_of as has_come
        ) as timing
        group by due.organisation_id, due.recipient_user_id, rules.local_date, rules.next_digest_at, timing.has_come
    ),
    digests as materialized (
        select
            gathered.message_ids,
            gathered.local_date,
            gathered.next_digest_at,
            gathered.has_come and coalesce(today.is_open, true) as is_due,
            coalesce(today.id, gathered.message_ids[1]) as leader_id
        from gathered
        left join lateral (
            select
                leader.id,
                leader.state = 'pending' and leader.attempts = 0 as is_open
            from public.notifications as leader
            where
                leader.organisation_id = gathered.organisation_id
                and leader.recipient_user_id = gathered.recipient_user_id
                and leader.digest_on = gathered.local_date
                and leader.digest_id = leader.id
        ) as today on true
    )
    -- By key, digest after digest: a join of thousands with thousands has no good plan while the statistics say that the queue
    -- is empty, as after a night that emptied it.
    update public.notifications as message
    set
        digest_id = case when digests.is_due then digests.leader_id end,
        digest_on = case when digests.is_due then digests.local_date end,
        next_attempt_at = case when digests.is_due then message.next_attempt_at else digests.next_digest_at end
    from digests
    where message.id = any (digests.message_ids);
    get diagnostics v_count = row_count;
    if v_count < c_at_once then
        return true;
    end if;
    -- The caller may have nothing to send yet: it should come back at once.
    perform pg_notify('peerledger_notifications', '');
    return false;
end
$$;

comment on function private.form_digests is
'Makes one digest for each coordinator of what has waited for it, when its time has come and today''s has not
been tried yet; the rest waits for the next one. So much in one call; false when there may be more, and a digest that was
not tried yet may still grow. For our functions only.';
revoke all on function private.form_digests from public, anon, authenticated, service_role;
