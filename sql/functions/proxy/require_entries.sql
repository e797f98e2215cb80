create or replace function private.require_entries(
    entries jsonb
)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if
        (
            case jsonb_typeof(require_entries.entries)
                when 'array' then jsonb_array_length(require_entries.entries) between 1 and 500
            end
        )
    then
        return;
    end if;
    raise exception using
        errcode = 'PL006',
        message = 'entries must be an array of 1 to 500 activities.',
        detail = 'entries',
        hint = 'Send more than 500 in several calls, each entry with an id, so that a call can be repeated.';
end
$$;

comment on function private.require_entries is
'Passes when this is an array of 1 to 500 elements. Error: PL006. For our functions only.';
revoke all on function private.require_entries from public, anon, authenticated, service_role;
