-- Two years of activities must not bring a thousand messages about what is long known.
create or replace function private.silence_old_news()
returns bigint
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_silenced bigint;
begin
    delete from public.notifications as notification
    where
        notification.kind in ('badge_awarded', 'proxy_registered')
        -- Of this transaction.
        and notification.created_at = now()
        and (notification.payload ->> case notification.kind when 'badge_awarded' then 'qualified_on' else 'latest_on' end)::date
        < now()::date - 30;
    get diagnostics v_silenced = row_count;
    return v_silenced;
end
$$;

comment on function private.silence_old_news is
'Takes back this transaction''s messages about badges that were reached, and activities that took place, more than 30 days ago;
returns how many. For peerledger load only.';
revoke all on function private.silence_old_news from public, anon, authenticated, service_role;
