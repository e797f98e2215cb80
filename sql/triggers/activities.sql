-- What happens when an activity is inserted, changed or deleted, in firing order: BEFORE triggers by name, then the row
-- is written, then AFTER triggers by name. Statement triggers see all rows of the statement at once.
--
--   insert   _200 a proxy is checked · _300 it is logged · _500 badges are evaluated
--   update   _050 whose activity it is stays · _100 updated_at is stamped
--            _200 a proxy is checked · _300 it is logged · _500 badges are evaluated again
--   delete   _500 the rollups are recounted

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

create or replace trigger _100_stamp_updated_at
before update on public.activities
for each row execute function private.tg_activities__stamp_updated_at();

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

-- Rollups, badges and one entry in badge_evaluation_logs for each mentor; a failure keeps the activity.
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
