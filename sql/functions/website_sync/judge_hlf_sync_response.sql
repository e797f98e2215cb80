create or replace function private.judge_hlf_sync_response(
    response_code int,
    error_kind text
)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when judge_hlf_sync_response.error_kind = 'not_sent' then 'give_back'
        when judge_hlf_sync_response.error_kind = 'token_refused' then 'pause'
        when
            private.http_verdict(judge_hlf_sync_response.response_code) = 'credentials'
            and judge_hlf_sync_response.error_kind is distinct from 'token_unavailable'
            then 'pause'
        -- Whatever status came with them is not the answer to our request, or not the whole of it.
        when judge_hlf_sync_response.error_kind in ('timeout', 'connection', 'token_unavailable') then 'retry'
        when private.http_verdict(judge_hlf_sync_response.response_code) = 'dead_letter' then 'dead_letter'
        when judge_hlf_sync_response.response_code = 204 and judge_hlf_sync_response.error_kind is null then 'success'
        else 'retry'
    end
$$;

comment on function private.judge_hlf_sync_response is
'What a response means: success, retry, dead_letter, pause (the credentials are bad) or give_back (nothing was sent). '
'Success is 204 only; what no rule names is tried again. For our functions only.';
revoke all on function private.judge_hlf_sync_response from public, anon, authenticated, service_role;
