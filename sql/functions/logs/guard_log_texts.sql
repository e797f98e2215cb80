-- Which columns hold free text is read from the catalog: a text column whose CHECK lists its values holds none.
create or replace procedure private.guard_log_texts(
    target regclass
)
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_columns name[];
begin
    select array_agg(text_column.attname order by text_column.attnum)
    into v_columns
    from pg_attribute as text_column
    where
        text_column.attrelid = guard_log_texts.target
        and text_column.attnum > 0
        and not text_column.attisdropped
        and text_column.atttypid in ('text'::regtype, 'varchar'::regtype)
        and not exists (
            select
            from pg_constraint as value_list
            where
                value_list.conrelid = guard_log_texts.target
                and value_list.contype = 'c'
                and value_list.conkey = array[text_column.attnum]
                and pg_get_constraintdef(value_list.oid) like '%= ANY (%'
        );

    if v_columns is null then
        execute format('drop trigger if exists _300_mask_texts on %s', guard_log_texts.target);
        execute format('drop trigger if exists _290_keep_to_catalogue on %s', guard_log_texts.target);
        return;
    end if;
    -- WHEN, so that the usual entry, which has no text, does not pay for it.
    execute format(
        'create or replace trigger _300_mask_texts before insert on %s for each row when (%s) '
        'execute function private.mask_log_texts(%s)',
        guard_log_texts.target,
        (select string_agg(format('new.%I is not null', name), ' or ') from unnest(v_columns) as name),
        (select string_agg(quote_literal(name), ', ') from unnest(v_columns) as name)
    );
    execute format('alter table %s enable always trigger _300_mask_texts', guard_log_texts.target);
    -- Not what our own functions write, nor what somebody restores who could become our owner as well.
    execute format(
        'create or replace trigger _290_keep_to_catalogue before insert on %s for each row '
        'when ((%s) and not pg_has_role(current_user, ''peerledger_owner'', ''usage'')) '
        'execute function private.keep_to_catalogue(%s)',
        guard_log_texts.target,
        (select string_agg(format('new.%I is not null', name), ' or ') from unnest(v_columns) as name),
        (select string_agg(quote_literal(name), ', ') from unnest(v_columns) as name)
    );
    execute format('alter table %s enable always trigger _290_keep_to_catalogue', guard_log_texts.target);
end
$$;

comment on procedure private.guard_log_texts is
'Masks what looks personal in every free-text column of a log as entries are added, and leaves out what others write there
that is in no catalogue. For the owner role only.';
revoke all on procedure private.guard_log_texts from public, anon, authenticated, service_role;
