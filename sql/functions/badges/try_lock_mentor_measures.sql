-- A transaction of several statements may lock mentors in another order than another one, which nobody can prevent: its client
-- chose the order. The contract wants the activity to stay all the same, so a deadlock costs the evaluation and not the
-- transaction. It costs the time of one, too: from then on the transaction waits for nobody, since each wait would most
-- likely end like the first.
create or replace function private.try_lock_mentor_measures(
    mentor_ids uuid[]
)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_error text;
begin
    begin
        perform private.lock_mentor_measures(try_lock_mentor_measures.mentor_ids);
    exception
        when deadlock_detected or lock_not_available then
            v_error := sqlstate;
    end;
    if v_error is not null then
        perform set_config('peerledger.has_deadlocked', 'on', true);
    end if;
    return v_error;
end
$$;

comment on function private.try_lock_mentor_measures is
'Locks mentors for evaluation as private.lock_mentor_measures does, or returns the SQLSTATE when another transaction keeps it
from doing so: 40P01 or 55P03. For our functions only.';
revoke all on function private.try_lock_mentor_measures from public, anon, authenticated, service_role;
