-- Definer: the tree is nobody's but the owner's. It answers exactly for what the policies of the log show the caller.
create or replace function public.get_entry_proof(
    log_name text,
    entry_id uuid
)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_column text;
    v_is_visible boolean;
begin
    select log.organisation_column
    into v_column
    from private.logs as log
    inner join private.seal_codes as code on code.log_name = log.log_name
    where log.log_name = get_entry_proof.log_name;
    if found then
        execute format(
            'select exists (select from public.%I as entry where entry.id = $1 '
            'and ($2 or entry.%I = any (array(select private.my_organisation_ids()))))',
            get_entry_proof.log_name, v_column
        )
        into v_is_visible
        using get_entry_proof.entry_id, private.is_service_call();
    end if;
    if not coalesce(v_is_visible, false) then
        raise exception using
            errcode = 'PT404',
            message = 'There is no such entry that you can see.',
            hint = 'Give the name of a log and the id of an entry of your organisation.';
    end if;
    return private.pocket_proof(get_entry_proof.log_name, get_entry_proof.entry_id);
end
$$;

comment on function public.get_entry_proof is
'Gives the pocket proof of a log entry, a file that docs/verify_proof.py judges without this database.
Callable by coordinators
of the entry''s organisation and service_role. Errors: PT404, PL007 not sealed yet, PL008.';
revoke all on function public.get_entry_proof from public, anon, authenticated, service_role;
grant execute on function public.get_entry_proof to authenticated, service_role;
