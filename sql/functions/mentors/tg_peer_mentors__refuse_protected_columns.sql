-- The service role may send a mentor back as it was read, every column of it; what it may change is listed here. A
-- column that is added later is protected until somebody decides otherwise.
create or replace function private.tg_peer_mentors__refuse_protected_columns()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    c_writable constant text[] := array[
        'organisation_id', 'chapter_id', 'user_id', 'display_name', 'email', 'phone', 'dynamics_contact_id'
    ];
    v_old constant jsonb := to_jsonb(old) - c_writable;
    v_columns text;
begin
    select string_agg(changed.key, ', ' order by changed.key)
    into v_columns
    from jsonb_each(to_jsonb(new) - c_writable) as changed
    where changed.value is distinct from v_old -> changed.key;
    if v_columns is null then
        return new;
    end if;

    raise exception using
        errcode = '42501',
        message = format('An update of peer_mentors cannot change %s.', v_columns),
        detail = v_columns,
        hint = format(
            'Writable are %s. A status changes through transition_mentor_status or renew_certification.',
            array_to_string(c_writable, ', ')
        );
end
$$;

comment on function private.tg_peer_mentors__refuse_protected_columns is
'Trigger function of peer_mentors: refuses a client that would change id, status or times. Error: 42501, whose DETAIL is
the columns.';
revoke all on function private.tg_peer_mentors__refuse_protected_columns from public, anon, authenticated, service_role;
