-- What a plain update must not do: a status has its transitions and tells people, and a status follows from a corrected certificate.
create or replace function private.take_line(
    table_name text,
    line_number bigint
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_mentor_id uuid;
    v_status public.mentor_status;
begin
    if take_line.table_name = 'peer_mentors' then
        select typed.id, typed.status
        into v_mentor_id, v_status
        from typed_lines as typed
        where typed.line_number = take_line.line_number;
        if found then
            perform public.transition_mentor_status(v_mentor_id, v_status);
        end if;
    else
        select typed.mentor_id
        into v_mentor_id
        from typed_lines as typed
        where typed.line_number = take_line.line_number;
        if found then
            perform private.lock_mentor_in_scope(v_mentor_id);
            perform private.apply_governing_certification(v_mentor_id, 'direct');
        end if;
    end if;
end
$$;

comment on function private.take_line is
'Takes the status of a mentor, or what follows from the dates of a certificate, as a line of a file says. Errors: PL002, PL003. For peerledger load only.';
revoke all on function private.take_line from public, anon, authenticated, service_role;
