-- Replaced and not refused: an entry without its sentence is worth more than no entry.
-- Definer: anyone who adds an entry need not be allowed to read the catalogues.
create or replace function private.keep_to_catalogue()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry jsonb := to_jsonb(new);
    v_column text;
    v_content text;
begin
    foreach v_column in array tg_argv loop
        v_content := v_entry ->> v_column;
        if v_content is null then
            continue;
        elsif v_column like '%\_kind' and not private.is_own_word(v_content) then
            -- A sentence in its place would make a kind of it.
            raise exception using
                errcode = '22023',
                message = format('%s of a log is one of those that the database itself uses.', v_column),
                detail = v_column,
                hint = 'A log is kept for years: no names and no words of your own.';
        elsif v_column like '%\_role' and to_regrole(quote_ident(v_content)) is not null then
            continue;
        elsif not (private.is_own_word(v_content) or private.is_safe_text(v_content)) then
            v_entry := jsonb_set(v_entry, array[v_column], '"A text that is in no catalogue was left out."');
        end if;
    end loop;
    return jsonb_populate_record(new, v_entry);
end
$$;

comment on function private.keep_to_catalogue is
'Trigger function of the logs: of what others than our own functions add, texts that are in no catalogue are left out.
Error: 22023 for a kind of change that is none.';
revoke all on function private.keep_to_catalogue from public, anon, authenticated, service_role;
