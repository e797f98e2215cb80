-- The list of a closed year stays as it was hashed.
create or replace trigger _100_keep_closed
before update or delete on private.grant_year_activities
for each row execute function private.tg_grant_years__keep_closed();
