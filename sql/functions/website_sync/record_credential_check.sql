-- Definer: workers pause and resume through these functions only.
create or replace function public.record_credential_check(
    ok boolean,
    error_kind text default null,
    organisation_ids uuid[] default null
)
returns int
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_resumed int;
begin
    if record_credential_check.ok is null then
        raise exception using errcode = '22023', message = 'ok must be true or false.';
    end if;

    if not record_credential_check.ok then
        -- Nothing was learned about the credentials when nobody answered.
        if record_credential_check.error_kind in ('timeout', 'connection', 'token_unavailable', 'bad_response') then
            perform private.raise_alert(
                'credential_check_failed',
                'warning',
                'The credentials for Dynamics could not be checked: '
                || private.safe_delivery_text('website', null, record_credential_check.error_kind),
                'credential_check_failed:website_sync'
            );
            return 0;
        end if;
        return public.pause_hlf_sync(record_credential_check.organisation_ids, 'credentials_refused');
    end if;

    v_resumed := private.end_hlf_sync_pauses('credentials_refused', record_credential_check.organisation_ids);

    -- The problem is over; the next one is news.
    update public.ops_alerts as alert
    set acknowledged_at = clock_timestamp()
    where
        alert.acknowledged_at is null
        and (
            alert.dedupe_key = 'credential_check_failed:website_sync'
            -- One for a single organisation when that one is not paused any more, the one for all when none is.
            or (
                alert.dedupe_key like 'auth\_failure:website\_sync%'
                and not exists (
                    select
                    from public.hlf_sync_pauses as pause
                    where
                        pause.reason = 'credentials_refused'
                        and (alert.organisation_id is null or pause.organisation_id = alert.organisation_id)
                )
            )
        );
    return v_resumed;
end
$$;

comment on function public.record_credential_check is
'Records what a check of the Dynamics credentials found.
It was of these organisations (null: of all). A good one ends their pause and closes its alert; a bad one pauses and
alerts at once; an error_kind timeout, connection, token_unavailable or bad_response says nothing of the credentials
and only alerts. Returns how many organisations were resumed or paused. Callable by service_role. Error: 22023.';
revoke all on function public.record_credential_check from public, anon, authenticated, service_role;
grant execute on function public.record_credential_check to service_role;
