-- Every policy file begins with this: a table opens only as far as the rest of its file says. What
-- an older version of the file granted, or somebody added by hand, does not survive.
create or replace procedure private.close_table(
    target regclass
)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_policy name;
begin
    execute format('alter table %s enable row level security, force row level security', close_table.target);
    execute format('revoke all on table %s from public, anon, authenticated, service_role', close_table.target);

    for v_policy in
        select policy.polname
        from pg_policy as policy
        where policy.polrelid = close_table.target
    loop
        execute format('drop policy %I on %s', v_policy, close_table.target);
    end loop;
end
$$;

comment on procedure private.close_table is
'Row level security on and forced, no grant to anyone, no policy. For the owner role only.';
revoke all on procedure private.close_table from public, anon, authenticated, service_role;
