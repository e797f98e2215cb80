-- Statement and row triggers of every log and of each of its partitions end here.
-- Definer: anyone who makes the attempt may not write its record, nor anything that looks like one.
create or replace function private.refuse_log_change()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- A fixed prefix, so that the server's log can be searched; never the statement's text.
    raise log 'peerledger.security: % on %.% refused for % (role %) from %',
        tg_op, tg_table_schema, tg_table_name, session_user,
        coalesce(current_setting('role', true), 'none'), coalesce(host(inet_client_addr()), 'local');
    perform private.record_refusal(tg_table_name, tg_op);
    raise exception using
        errcode = '42501',
        message = format('%s is append-only: %s is refused.', tg_table_name, tg_op),
        hint = 'A log entry is never changed or removed. Write a new entry that corrects it.';
end
$$;

comment on function private.refuse_log_change is
'Trigger function of the logs: refuses UPDATE, DELETE and TRUNCATE for everybody, and records the attempt. Error: 42501.';
revoke all on function private.refuse_log_change from public, anon, authenticated, service_role;
