-- Refused and not masked: a masked key or id would be a wrong one.
-- Definer: anyone who adds an entry need not be allowed to call the masking itself.
create or replace function private.require_plain_json()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry jsonb := to_jsonb(new);
    v_column text;
begin
    select json_column.name
    into v_column
    from unnest(tg_argv) as json_column (name)
    cross join lateral (
        select jsonb_path_query(v_entry -> json_column.name, 'strict $.** ? (@.type() == "string" || @.type() == "number")') #>> '{}'
        union all
        select jsonb_path_query(
            v_entry -> json_column.name, 'strict $.** ? (@.type() == "object").keyvalue().key'
        ) #>> '{}'
    ) as piece (content)
    where
        case
            -- To look for personal data takes long, and these are most of it: small numbers, uuids, hashes, and dates with
            -- or without a time.
            when piece.content ~ '^(-?[0-9.]{0,7}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64})$' then false
            when piece.content ~ '^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d(:?\d\d)?|Z)?)?$' then false
            when piece.content !~ '^[A-Za-zÆØÅæøå0-9_.:+-]{1,100}$' then true
            when private.mask_personal_data(piece.content) <> piece.content then true
            -- Codes that organisations make; every other word is one of ours.
            when piece.content in (
                select jsonb_path_query(v_entry -> json_column.name, 'lax $.**.activity_type') #>> '{}'
                union all
                select jsonb_path_query(v_entry -> json_column.name, 'lax $.**.delivery_mode') #>> '{}'
            )
                then private.code_problem(piece.content, null) is not null
            else exists (
                select
                from regexp_split_to_table(piece.content, '[^A-Za-zÆØÅæøå_]+') as word
                where length(word) > 1 and not private.is_own_word(word)
            )
        end
    limit 1;

    if found then
        raise exception using
            errcode = '22023',
            message = format('%s holds ids, codes, numbers and dates only.', v_column),
            detail = v_column,
            hint = 'Remove names, addresses and words of your own: it is kept for years.';
    end if;
    return new;
end
$$;

comment on function private.require_plain_json is
'Trigger function of the logs, alerts, messages and nights: 22023 for a JSON column, named in its arguments, that holds anything but ids, codes, '
'dates and numbers, or a number that could be a person''s.';
revoke all on function private.require_plain_json from public, anon, authenticated, service_role;
