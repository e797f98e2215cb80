-- Whoever is spoken for is told, by whatever way it was registered. Fires after the evaluation of badges, which has locked the
-- mentors. What merge_mentors moves was told already, to the same person.
create or replace function private.tg_activities__notify_spoken_for()
returns trigger
language plpgsql
volatile
security definer -- writes messages, which no client may
set search_path = pg_catalog, pg_temp
-- As in private.evaluate_activities: all is read by key, whatever the statistics say.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
    v_ids uuid[];
begin
    if tg_op = 'INSERT' then
        select array_agg(new_rows.id)
        into v_ids
        from new_rows
        where new_rows.coordinator_id is not null and new_rows.voided_at is null;
    else
        -- A full join is made by hashes, also in a plan that is kept from a statement of one row, and a condition would make another
        -- join of it.
        select array_agg(new_rows.id) filter (
            where
                new_rows.coordinator_id is not null
                and new_rows.voided_at is null
                and coalesce(current_setting('peerledger.registering', true), '') <> 'merge'
                and (
                    old_rows.coordinator_id is null
                    or old_rows.voided_at is not null
                    or (
                        old_rows.mentor_id, old_rows.activity_type, old_rows.occurred_on, old_rows.duration_minutes,
                        old_rows.participant_count, old_rows.delivery_mode
                    ) is distinct from (
                        new_rows.mentor_id, new_rows.activity_type, new_rows.occurred_on, new_rows.duration_minutes,
                        new_rows.participant_count, new_rows.delivery_mode
                    )
                )
        )
        into v_ids
        from new_rows
        full join old_rows on old_rows.id = new_rows.id;
    end if;
    if v_ids is not null then
        perform private.notify_proxy_registered(v_ids);
    end if;
    return null;
end
$$;

comment on function private.tg_activities__notify_spoken_for is
'Trigger function of activities: puts what was registered or changed on a mentor''s behalf into the mentor''s message of the day.';
revoke all on function private.tg_activities__notify_spoken_for from public, anon, authenticated, service_role;
