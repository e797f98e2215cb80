set role peerledger_owner;

do $$
declare
    v_log text;
begin
    for v_log in
        select log.log_name from private.logs as log order by log.log_name
    loop
        execute format('alter table public.%I drop column recorded_in', v_log);
    end loop;
end
$$;

reset role;
