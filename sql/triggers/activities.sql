-- What happens when an activity is inserted, changed or deleted, in firing order: BEFORE triggers by name, then the row
-- is written, then AFTER triggers by name. Statement triggers see all rows of the statement at once.
--
--   insert   _030 one statement of a caller at a time · _100 times are stamped
--            _110 what is impossible by itself is refused · _120 a taken id is refused · _150 names in codes are refused
--            _200 a proxy is checked · _300 it is logged · _500 days and mentors are checked, badges evaluated
--            _600 the mentor is told of what was registered on their behalf
--   update   _030 one statement of a caller at a time · _040 the id stays · _050 whose activity it is stays
--            _100 times are stamped · _110 what is impossible is refused · _150 names in codes are refused
--            _200 a proxy is checked · _300 it is logged · _400 the change is recorded
--            _500 days and mentors are checked, badges evaluated again · _600 the mentor is told of what was said for them
--   delete   _300 the end of a proxy is logged · _400 the change is recorded · _500 the rollups are recounted

-- A phone that sends its queue again before the first answer, or two coordinators who void the same rows: the second
-- statement waits for the first, instead of each for rows of the other. Two calls of the service role may still meet in
-- a circle (40P01), since all organisations would have to wait for one another: they send in the order of the ids.
create or replace trigger _030_take_turns
before insert or update on public.activities
for each statement
when (
    not (pg_has_role(current_user, 'service_role', 'usage') or pg_has_role(current_user, 'peerledger_owner', 'usage'))
)
execute function private.tg_all__take_turns();

-- An id is never changed, by anybody: its log would have no end.
create or replace trigger _040_keep_id
before update on public.activities
for each row when (old.id <> new.id)
execute function private.tg_all__keep_id();

-- A client changes what was done, never who did it or on whose word. Its upsert may name these columns.
create or replace trigger _050_refuse_new_identity
before update on public.activities
for each row
when (
    (old.id, old.organisation_id, old.mentor_id, old.coordinator_id)
    is distinct from (new.id, new.organisation_id, new.mentor_id, new.coordinator_id)
    and not pg_has_role(current_user, 'service_role', 'usage')
    and not pg_has_role(current_user, 'peerledger_owner', 'usage')
)
execute function private.tg_activities__refuse_new_identity();

-- What the service role or a load brings in is history, with its own times.
create or replace trigger _100_stamp_created_at
before insert on public.activities
for each row
when (
    not (pg_has_role(current_user, 'service_role', 'usage') or pg_has_role(current_user, 'peerledger_owner', 'usage'))
)
execute function private.tg_activities__stamp_times();

create or replace trigger _100_stamp_updated_at
before update on public.activities
for each row execute function private.tg_activities__stamp_times();

-- What nobody can have done: the limits that a row shows by itself. WHEN, so that the usual row pays for nothing else. Of
-- an update only what it changes or brings back is judged: a row that is beyond a limit already can be corrected
-- elsewhere, and voided.
create or replace trigger _110_refuse_impossible_inserted
before insert on public.activities
for each row
when (
    new.occurred_on < '1970-01-01'
    or new.occurred_on > (now() at time zone 'Etc/GMT-14')::date
    or new.duration_minutes > 1440
    or new.participant_count > 10000
    or new.activity_type ~ '^[^A-Za-zÆØÅæøå]|[0-9]{5}|([0-9][_-]*){8}'
    or new.delivery_mode ~ '^[^A-Za-zÆØÅæøå]|[0-9]{5}|([0-9][_-]*){8}'
)
execute function private.tg_activities__refuse_impossible();

create or replace trigger _110_refuse_impossible_updated
before update on public.activities
for each row
when (
    new.voided_at is null
    and (
        (
            (new.occurred_on < '1970-01-01' or new.occurred_on > (now() at time zone 'Etc/GMT-14')::date)
            and (old.voided_at is not null or new.occurred_on <> old.occurred_on)
        )
        or (new.duration_minutes > 1440 and (old.voided_at is not null or new.duration_minutes > old.duration_minutes))
        or (new.participant_count > 10000 and (old.voided_at is not null or new.participant_count > old.participant_count))
        or (
            new.activity_type ~ '^[^A-Za-zÆØÅæøå]|[0-9]{5}|([0-9][_-]*){8}'
            and (old.voided_at is not null or new.activity_type <> old.activity_type)
        )
        or (
            new.delivery_mode ~ '^[^A-Za-zÆØÅæøå]|[0-9]{5}|([0-9][_-]*){8}'
            and (old.voided_at is not null or new.delivery_mode <> old.delivery_mode)
        )
    )
)
execute function private.tg_activities__refuse_impossible();

-- An id that is taken out of the caller's sight is refused like a row that is not theirs.
create or replace trigger _120_refuse_taken_ids
before insert on public.activities
for each row
when (
    not (pg_has_role(current_user, 'service_role', 'usage') or pg_has_role(current_user, 'peerledger_owner', 'usage'))
)
execute function private.tg_activities__refuse_taken_ids();

-- No code names a mentor. What the migrating role loads is history.
create or replace trigger _150_refuse_names_inserted
after insert on public.activities
referencing new table as new_rows
for each statement
when (not pg_has_role(current_user, 'peerledger_owner', 'usage'))
execute function private.tg_activities__refuse_names();

create or replace trigger _150_refuse_names_updated
after update on public.activities
referencing old table as old_rows new table as new_rows
for each statement
when (not pg_has_role(current_user, 'peerledger_owner', 'usage'))
execute function private.tg_activities__refuse_names();

-- What a client writes directly is held to the same rules as the proxy RPCs, which have checked it themselves.
create or replace trigger _200_check_proxy_inserted
after insert on public.activities
referencing new table as new_rows
for each statement
when (
    not (pg_has_role(current_user, 'service_role', 'usage') or pg_has_role(current_user, 'peerledger_owner', 'usage'))
)
execute function private.tg_activities__check_proxy_inserted();

create or replace trigger _200_check_proxy_updated
after update on public.activities
referencing old table as old_rows new table as new_rows
for each statement
when (
    not (pg_has_role(current_user, 'service_role', 'usage') or pg_has_role(current_user, 'peerledger_owner', 'usage'))
)
execute function private.tg_activities__check_proxy_updated();

-- One entry in proxy_audit_log for each activity by proxy, or the statement fails.
create or replace trigger _300_log_proxy_inserted
after insert on public.activities
referencing new table as new_rows
for each statement execute function private.tg_activities__log_proxy_inserted();

create or replace trigger _300_log_proxy_updated
after update on public.activities
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_activities__log_proxy_updated();

create or replace trigger _300_log_proxy_deleted
after delete on public.activities
referencing old table as old_rows
for each statement execute function private.tg_activities__log_proxy_deleted();

-- Each later state of any activity: one entry in activity_changes, or the statement fails.
create or replace trigger _400_record_changes_updated
after update on public.activities
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_activities__record_changes();

create or replace trigger _400_record_changes_deleted
after delete on public.activities
referencing old table as old_rows
for each statement execute function private.tg_activities__record_changes();

-- What the mentor or their other activities show to be impossible is refused. Then rollups, badges and one entry in
-- badge_evaluation_logs for each mentor; a failure there keeps the activity.
create or replace trigger _500_evaluate_badges_inserted
after insert on public.activities
referencing new table as new_rows
for each statement execute function private.tg_activities__evaluate_inserted();

create or replace trigger _500_evaluate_badges_updated
after update on public.activities
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_activities__evaluate_updated();

create or replace trigger _500_recount_deleted
after delete on public.activities
referencing old table as old_rows
for each statement execute function private.tg_activities__recount_deleted();

-- Whoever was spoken for is told, once a day. After _500, which has locked the mentors: two sessions add to a mentor's message
-- one after the other.
create or replace trigger _600_notify_spoken_for_inserted
after insert on public.activities
referencing new table as new_rows
for each statement execute function private.tg_activities__notify_spoken_for();

create or replace trigger _600_notify_spoken_for_updated
after update on public.activities
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_activities__notify_spoken_for();
