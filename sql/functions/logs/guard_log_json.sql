-- As guard_log_texts, for the columns that hold JSON. What we write ourselves is put together from ids, codes, counts
-- and dates, so only what others add is looked at; and not what somebody restores who could become our owner as well.
create or replace procedure private.guard_log_json(
    target regclass
)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_columns name[];
begin
    select array_agg(json_column.attname order by json_column.attnum)
    into v_columns
    from pg_attribute as json_column
    where
        json_column.attrelid = guard_log_json.target
        and json_column.attnum > 0
        and not json_column.attisdropped
        and json_column.atttypid = 'jsonb'::regtype;

    if v_columns is null then
        execute format('drop trigger if exists _310_require_plain_json on %s', guard_log_json.target);
        return;
    end if;
    execute format(
        'create or replace trigger _310_require_plain_json before insert on %s for each row '
        'when (current_user <> ''peerledger_owner'' and not ('
        'current_setting(''session_replication_role'') = ''replica'' '
        'and pg_has_role(current_user, ''peerledger_owner'', ''usage''))) execute function private.require_plain_json(%s)',
        guard_log_json.target, (select string_agg(quote_literal(name), ', ') from unnest(v_columns) as name)
    );
    execute format('alter table %s enable always trigger _310_require_plain_json', guard_log_json.target);
end
$$;

comment on procedure private.guard_log_json is
'Refuses entries whose JSON columns hold anything but ids, codes, numbers and dates. For the owner role only.';
revoke all on procedure private.guard_log_json from public, anon, authenticated, service_role;
