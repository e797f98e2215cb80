-- Its arguments are the log and its time column. Who could become our owner restores history, with its own times.
-- Definer: looks for an entry that the caller may not see.
create or replace function private.stamp_log_entry()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_log constant text := tg_argv[0];
    c_time_column constant text := tg_argv[1];
    v_entry jsonb := to_jsonb(new);
    v_now timestamptz := clock_timestamp();
    v_sent timestamptz := (v_entry ->> c_time_column)::timestamptz;
    v_id uuid := coalesce((v_entry ->> 'id')::uuid, gen_random_uuid());
    v_is_taken boolean;
    v_organisation_id uuid;
begin
    -- A row cannot move to another month's partition here. One whose default was taken as the month ended stays as it is.
    if date_trunc('month', v_sent at time zone 'utc') is distinct from date_trunc('month', v_now at time zone 'utc') then
        if not coalesce(v_sent between v_now - interval '1 minute' and v_now, false) then
            raise exception using
                errcode = '42501',
                message = 'An entry cannot be backdated or postdated.',
                detail = c_time_column,
                hint = format('Leave %s out: the database stamps it.', c_time_column);
        end if;
        v_now := v_sent;
    end if;

    -- The key of a log has the time in it, so it does not say this; two at once wait for each other.
    perform pg_advisory_xact_lock(hashtextextended('peerledger.log ' || v_id, 0));
    execute format(
        'select true, coalesce(to_jsonb(entry) ->> ''organisation_id'', to_jsonb(entry) ->> ''org_id'')::uuid '
        'from public.%I as entry where entry.id = $1 limit 1', c_log
    )
    into v_is_taken, v_organisation_id using v_id;
    -- An id of another organisation is as good as any other to somebody who may not know of it: they get a new one.
    if v_is_taken and (private.is_service_call() or v_organisation_id in (select private.my_organisation_ids())) then
        raise exception using
            errcode = '23505',
            message = format('There is an entry %s in %s already.', v_id, c_log),
            hint = 'Leave id out: the database makes one.';
    elsif v_is_taken then
        v_id := gen_random_uuid();
    end if;

    return jsonb_populate_record(new, jsonb_build_object('id', v_id, c_time_column, v_now));
end
$$;

comment on function private.stamp_log_entry is
'Trigger function of the logs: stamps the time of what others than our own functions add, and sees to it that no two
entries have one id. Errors: 42501 for another month, 23505.';
revoke all on function private.stamp_log_entry from public, anon, authenticated, service_role;
