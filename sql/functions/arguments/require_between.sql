create or replace function private.require_between(
    argument text,
    given int,
    lowest int,
    highest int
)
returns void
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if not coalesce(require_between.given between require_between.lowest and require_between.highest, false) then
        raise exception using
            errcode = '22023',
            message = format(
                '%s must be between %s and %s, not %s.',
                require_between.argument, require_between.lowest, require_between.highest,
                coalesce(require_between.given::text, 'null')
            );
    end if;
end
$$;

comment on function private.require_between is
'Passes when what was given for an argument is a number of this range. Error: 22023. For our functions only.';
revoke all on function private.require_between from public, anon, authenticated, service_role;
