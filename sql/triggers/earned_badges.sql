-- A badge that is given, revoked or taken away by any way invalidates the mentor's cached outcome.

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
