-- The roles stay: they belong to the cluster, and other databases may use them.
do $$
begin
    if obj_description(to_regnamespace('auth'), 'pg_namespace') like 'Made by Peerledger:%' then
        drop schema auth cascade;
    end if;
end
$$;

alter default privileges for role peerledger_owner grant usage on types to public;
alter default privileges for role peerledger_owner grant execute on functions to public;

revoke usage on schema private from authenticated;
revoke usage, create on schema private from peerledger_owner;
revoke usage, create on schema public from peerledger_owner;
