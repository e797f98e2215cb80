-- The raw message goes nowhere, not even to the server's log: it quotes the row. The SQLSTATE stays, so that a
-- client knows when to try again.
create or replace function private.refuse_unaudited(
    error_code text
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    raise log 'peerledger.audit: a proxy registration could not be recorded and was refused, SQLSTATE %. %',
        refuse_unaudited.error_code, private.safe_error_text(refuse_unaudited.error_code);
    raise exception using
        errcode = refuse_unaudited.error_code,
        message = 'Nothing was saved, because the audit log could not be written. '
        || private.safe_error_text(refuse_unaudited.error_code),
        hint = 'Try again. If it happens again, tell the operators: the server''s log has a line beginning with peerledger.audit.';
end
$$;

comment on function private.refuse_unaudited is
'Refuses a change that proxy_audit_log could not record, with the error that prevented it. For our functions only.';
revoke all on function private.refuse_unaudited from public, anon, authenticated, service_role;
