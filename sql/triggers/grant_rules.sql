-- A rule is never changed, only ended: what was counted by it stays explained. Each step is on record, or refused.

-- Its log would have no end.
create or replace trigger _050_keep_id
before update on public.grant_rules
for each row when (old.id <> new.id)
execute function private.tg_all__keep_id();

-- The published rules are ours: row level security does not hold for the service role, which may send one back as it read it.
create or replace trigger _060_keep_published_inserted
before insert on public.grant_rules
for each row when (new.organisation_id is null and not pg_has_role(current_user, 'peerledger_owner', 'usage'))
execute function private.tg_grant_rules__keep_published();

create or replace trigger _060_keep_published_updated
before update on public.grant_rules
for each row
when (
    old.organisation_id is null and old.* is distinct from new.* and not pg_has_role(current_user, 'peerledger_owner', 'usage')
)
execute function private.tg_grant_rules__keep_published();

create or replace trigger _100_only_end
before update on public.grant_rules
for each row execute function private.tg_grant_rules__only_end();

-- No code of a list names a mentor, whoever writes it; a list that is none, the constraint refuses.
create or replace trigger _150_refuse_names
before insert on public.grant_rules
for each row
when (private.are_activity_codes(new.activity_types) and coalesce(private.are_activity_codes(new.delivery_modes), true))
execute function private.tg_all__refuse_names_in_lists('activity_types', 'delivery_modes');

-- A type of activity is of one category at a time.
create or replace trigger _500_check_types_inserted
after insert on public.grant_rules
referencing new table as new_rows
for each statement execute function private.tg_grant_rules__check_types();

create or replace trigger _500_check_types_updated
after update on public.grant_rules
referencing new table as new_rows
for each statement execute function private.tg_grant_rules__check_types();

create or replace trigger _600_record_changes_inserted
after insert on public.grant_rules
referencing new table as new_rows
for each statement execute function private.tg_grant_rules__record_changes();

create or replace trigger _600_record_changes_updated
after update on public.grant_rules
referencing old table as old_rows new table as new_rows
for each statement execute function private.tg_grant_rules__record_changes();

create or replace trigger _600_record_changes_deleted
after delete on public.grant_rules
referencing old table as old_rows
for each statement execute function private.tg_grant_rules__record_changes();
