create or replace function private.tg_grant_rules__only_end()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_jsonb(new) - 'valid_to' <> to_jsonb(old) - 'valid_to' then
        raise exception using
            errcode = '22023',
            message = 'A grant rule is not changed, only ended.',
            detail = 'valid_to',
            hint = 'Set its valid_to and add a rule from the next day on; set_grant_rule does both.';
    end if;
    return new;
end
$$;

comment on function private.tg_grant_rules__only_end is
'Trigger function of grant_rules: refuses to change anything of a rule but its last day. Error: 22023.';
revoke all on function private.tg_grant_rules__only_end from public, anon, authenticated, service_role;
