-- Criteria are checked before they are written, and compiled afterwards.

-- Its log would have no end.
create or replace trigger _050_keep_id
before update on public.badge_definitions
for each row when (old.id <> new.id)
execute function private.tg_all__keep_id();

-- Refuses criteria that make no sense (PL001); changed criteria raise criteria_version.
create or replace trigger _100_check_criteria
before insert or update on public.badge_definitions
for each row execute function private.tg_badge_definitions__check_criteria();

-- No slug names a mentor. What the migrating role loads is history.
create or replace trigger _150_refuse_names
before insert or update of slug on public.badge_definitions
for each row
when (not pg_has_role(current_user, 'peerledger_owner', 'usage'))
execute function private.tg_badge_definitions__refuse_names();

-- What the evaluation reads is derived from the definitions of the organisation, whenever one is written.
create or replace trigger _500_compile_inserted
after insert on public.badge_definitions
referencing new table as written_rows
for each statement execute function private.tg_badge_definitions__compile();

create or replace trigger _500_compile_updated
after update on public.badge_definitions
referencing new table as written_rows
for each statement execute function private.tg_badge_definitions__compile();

create or replace trigger _500_compile_deleted
after delete on public.badge_definitions
referencing old table as written_rows
for each statement execute function private.tg_badge_definitions__compile();

-- Which criteria were in force when: on record, or refused.
create or replace trigger _600_record_changes_inserted
after insert on public.badge_definitions
referencing new table as new_rows
for each statement execute function private.tg_badge_definitions__record_changes();

create or replace trigger _600_record_changes_updated
after update on public.badge_definitions
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_badge_definitions__record_changes();

create or replace trigger _600_record_changes_deleted
after delete on public.badge_definitions
referencing old table as old_rows
for each statement execute function private.tg_badge_definitions__record_changes();
