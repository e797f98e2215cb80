-- Each switch and threshold that is changed is on record, or it is refused.

-- Its log would have no end.
create or replace trigger _050_keep_id
before update on public.organisation_settings
for each row when (old.organisation_id <> new.organisation_id)
execute function private.tg_all__keep_id();

-- No code of the list names a mentor; a list that is none, the constraint refuses. What the migrating role loads is history.
create or replace trigger _150_refuse_names
before insert or update of activity_types on public.organisation_settings
for each row
when (
    new.activity_types <> '{}'
    and private.are_activity_codes(new.activity_types)
    and not pg_has_role(current_user, 'peerledger_owner', 'usage')
)
execute function private.tg_all__refuse_names_in_lists('activity_types');

create or replace trigger _600_record_changes_inserted
after insert on public.organisation_settings
referencing new table as new_rows
for each statement execute function private.tg_organisation_settings__record_changes();

create or replace trigger _600_record_changes_updated
after update on public.organisation_settings
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_organisation_settings__record_changes();

create or replace trigger _600_record_changes_deleted
after delete on public.organisation_settings
referencing old table as old_rows
for each statement execute function private.tg_organisation_settings__record_changes();
