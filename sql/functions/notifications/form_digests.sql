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

    with due as (
        select message.*
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
    collected as (
        select
            due.*,
            rules.local_date,
            private.next_digest_at(rules.time_zone, rules.digest_at, form_digests.as_of) as next_digest_at,
            today.id as open_digest_id,
            private.next_digest_at(rules.time_zone, rules.digest_at, due.created_at) <= form_digests.as_of
            and coalesce(today.is_open, true) as is_due
        from due
        inner join private.delivery_rules(form_digests.as_of) as rules on rules.organisation_id = due.organisation_id
        left join lateral (
            select
                leader.id,
                leader.state = 'pending' and leader.attempts = 0 as is_open
            from public.notifications as leader
            where
                leader.organisation_id = due.organisation_id
                and leader.recipient_user_id = due.recipient_user_id
                and leader.digest_on = rules.local_date
                and leader.digest_id = leader.id
        ) as today on true
    ),
    led as (
        select
            collected.*,
            coalesce(
                collected.open_digest_id,
                first_value(collected.id) over (
                    partition by collected.organisation_id, collected.recipient_user_id, collected.is_due
                    order by collected.created_at, collected.id
                )
            ) as leader_id
        from collected
    )
    update public.notifications as message
    set
        digest_id = case when led.is_due then led.leader_id end,
        digest_on = case when led.is_due then led.local_date end,
        next_attempt_at = case when led.is_due then message.next_attempt_at else led.next_digest_at end
    from led
    where message.id = led.id;
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
