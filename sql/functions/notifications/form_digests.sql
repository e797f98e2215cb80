-- Which messages make up a digest is written down before the first attempt: each later attempt sends
-- the same ones under the same id, and the receiver can tell a repetition.
create or replace function private.form_digests(
    as_of timestamptz
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    -- One worker at a time, or two would each make a digest of half; the next claim sees the rest.
    if not pg_try_advisory_xact_lock(hashtextextended('peerledger form_digests', 0)) then
        return;
    end if;

    with collected as (
        select
            message.*,
            rules.local_date,
            private.next_digest_at(rules.time_zone, rules.digest_at, form_digests.as_of) as next_digest_at,
            private.next_digest_at(rules.time_zone, rules.digest_at, message.created_at) <= form_digests.as_of
            and not exists (
                select
                from public.notifications as leader
                where
                    leader.organisation_id = message.organisation_id
                    and leader.recipient_user_id = message.recipient_user_id
                    and leader.digest_on = rules.local_date
                    and leader.digest_id = leader.id
            ) as is_due
        from public.notifications as message
        inner join private.delivery_rules(form_digests.as_of) as rules on rules.organisation_id = message.organisation_id
        where
            message.state = 'pending'
            and message.digest_id is null
            and message.recipient_user_id is not null
            and message.next_attempt_at <= form_digests.as_of
            and private.goes_into_digest(message)
    ),
    led as (
        select
            collected.*,
            first_value(collected.id) over (
                partition by collected.organisation_id, collected.recipient_user_id, collected.is_due
                order by collected.created_at, collected.id
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
end
$$;

comment on function private.form_digests is
'Makes one digest for each coordinator of what has waited for it, when its time has come and today has none yet; the
rest waits for the next one. For our functions only.';
revoke all on function private.form_digests from public, anon, authenticated, service_role;
