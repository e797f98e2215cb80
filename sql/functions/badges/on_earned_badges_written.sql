-- A badge may depend on another, so what was found of these mentors may no longer hold.
create or replace function private.on_earned_badges_written()
returns trigger
language plpgsql
volatile
security definer -- marks rows that no caller may touch
set search_path = pg_catalog, pg_temp
as $$
begin
    update private.mentor_measures as mentor
    set settled_until = null
    from changed_rows
    where mentor.mentor_id = changed_rows.mentor_id and mentor.settled_until is not null;
    return null;
end
$$;

comment on function private.on_earned_badges_written is
'Trigger function of earned_badges: the mentors are to be evaluated afresh.';
revoke all on function private.on_earned_badges_written from public, anon, authenticated, service_role;

create or replace trigger _500_unsettle_inserted
after insert on public.earned_badges
referencing new table as changed_rows
for each statement execute function private.on_earned_badges_written();

create or replace trigger _500_unsettle_updated
after update on public.earned_badges
referencing new table as changed_rows
for each statement execute function private.on_earned_badges_written();

create or replace trigger _500_unsettle_deleted
after delete on public.earned_badges
referencing old table as changed_rows
for each statement execute function private.on_earned_badges_written();
