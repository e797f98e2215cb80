-- A badge may depend on another, so what was found of these mentors may no longer hold.
create or replace function private.tg_earned_badges__invalidate()
returns trigger
language plpgsql
volatile
security definer -- marks rows that no caller may touch
set search_path = pg_catalog, pg_temp
as $$
begin
    update private.mentor_measures as mentor
    set settled_until = null
    where
        mentor.mentor_id = any (array(select changed_rows.mentor_id from changed_rows))
        and mentor.settled_until is not null;
    return null;
end
$$;

comment on function private.tg_earned_badges__invalidate is
'Trigger function of earned_badges: the mentors are to be evaluated afresh.';
revoke all on function private.tg_earned_badges__invalidate from public, anon, authenticated, service_role;
