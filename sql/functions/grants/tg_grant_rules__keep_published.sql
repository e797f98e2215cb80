create or replace function private.tg_grant_rules__keep_published()
returns trigger
language plpgsql
volatile
security definer -- looks for a rule whatever the caller may see
set search_path = pg_catalog, pg_temp
as $$
begin
    -- An upsert of a rule that is there comes by here first; then it is judged as an update.
    if tg_op = 'INSERT' and exists (select from public.grant_rules as known where known.id = new.id) then
        return new;
    end if;
    raise exception using
        errcode = '42501',
        message = 'The published grant rules come with a version of Peerledger.',
        hint = 'An organisation has rules of its own instead: set_grant_rule.';
end
$$;

comment on function private.tg_grant_rules__keep_published is
'Trigger function of grant_rules: refuses to add or end a published rule. Error: 42501.';
revoke all on function private.tg_grant_rules__keep_published from public, anon, authenticated, service_role;
