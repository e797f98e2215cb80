create or replace function private.tg_grant_rules__keep_published()
returns trigger
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = '42501',
        message = 'The published grant rules come with a version of Peerledger.',
        hint = 'An organisation has rules of its own instead: set_grant_rule.';
end
$$;

comment on function private.tg_grant_rules__keep_published is
'Trigger function of grant_rules: refuses to add or end a published rule. Error: 42501.';
revoke all on function private.tg_grant_rules__keep_published from public, anon, authenticated, service_role;
