-- Definer: the list of logs belongs to the owner.
create or replace function private.set_log_retention(
    log_name text,
    months int
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not coalesce(set_log_retention.months between 60 and 1200, false) then
        raise exception using
            errcode = 'PL005',
            message = 'A log is kept for at least 60 months.',
            hint = 'Give a number of months from 60 to 1200.';
    end if;
    perform private.mark_guards('look');
    update private.logs as log
    set retention_months = set_log_retention.months
    where log.log_name = set_log_retention.log_name;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no log %s.', set_log_retention.log_name),
            hint = 'The logs are listed in private.logs.';
    end if;
    perform private.record_security_event(
        'log_retention_raised', set_log_retention.log_name,
        details => jsonb_build_object('object', 'private.logs', 'months', set_log_retention.months)
    );
    perform private.mark_guards('retention');
end
$$;

comment on function private.set_log_retention is
'Keeps a log longer. Errors: PL005 for less than 60 months or than it is kept now, PT404. For operators, as the '
'migrating role.';
revoke all on function private.set_log_retention from public, anon, authenticated, service_role;
