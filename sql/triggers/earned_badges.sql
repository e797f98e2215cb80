-- A badge that is given, revoked or taken away by any way invalidates the mentor's cached outcome.

-- Its log would have no end.
create or replace trigger _050_keep_id
before update on public.earned_badges
for each row when (old.id <> new.id)
execute function private.tg_all__keep_id();

create or replace trigger _500_unsettle_inserted
after insert on public.earned_badges
referencing new table as changed_rows
for each statement execute function private.tg_earned_badges__invalidate();

create or replace trigger _500_unsettle_updated
after update on public.earned_badges
referencing new table as changed_rows
for each statement execute function private.tg_earned_badges__invalidate();

create or replace trigger _500_unsettle_deleted
after delete on public.earned_badges
referencing old table as changed_rows
for each statement execute function private.tg_earned_badges__invalidate();

-- What people do with badges by hand is on record, or refused. The evaluation's own awards are in badge_evaluation_logs.
create or replace trigger _600_record_changes_inserted
after insert on public.earned_badges
referencing new table as new_rows
for each statement
when (current_user <> 'peerledger_owner')
execute function private.tg_earned_badges__record_changes();

create or replace trigger _600_record_changes_updated
after update on public.earned_badges
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_earned_badges__record_changes();

create or replace trigger _600_record_changes_deleted
after delete on public.earned_badges
referencing old table as old_rows
for each statement execute function private.tg_earned_badges__record_changes();
