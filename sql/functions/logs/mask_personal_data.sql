-- The second line of defence: log texts come from catalogues of sentences, and hold nothing of this. What is
-- recognised here got in by mistake. Uuids and ISO dates pass; names cannot be told from other words.
create or replace function private.mask_personal_data(
    content text
)
returns text
language plpgsql
immutable strict parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    -- One after the other: what an earlier one took is not looked at again.
    c_masks constant text[] := array[
        ['[a-z][a-z0-9+.-]*://[^\s"''<>]+|\mwww\.[^\s"''<>]+', '[address]'],
        ['(mailto:)?[^\s@<>"''(),;:]+(@|%40)[^\s@<>"''(),;:]+', '[e-mail]'],
        -- What is left of the names of servers.
        ['\m([a-z0-9-]+\.)+(no|com|org|net|eu|se|dk|io|dev|app|local)(:[0-9]+)?(/[^\s"''<>]*)?\M', '[address]'],
        -- Windows and network paths with the spaces in their folders; then /a/b, ~/a, a/b.c and a.py.
        ['(\m[a-z]:[\\/]|\\\\)([^\\/:*?"<>|\r\n]+[\\/])*[^\s"''<>|,;]*', '[path]'],
        [
            '(?<![\w\]])(~|\.{1,2})?/[^\s"''<>(),;]*[\w][^\s"''<>(),;]*'
            '|\m[\w.-]+(/[\w.-]+)+\.[a-z0-9]{1,5}\M'
            '|\m[\w-]+\.(py|sql|j2|js|ts|c|h|java|log|conf|ini|csv|jsonl?|ya?ml|toml|txt|pem|key|env|xlsx?|docx?|pdf)\M',
            '[path]'
        ],
        ['(?<![\w-])\d{6}[ \u00a0.-]?\d{5}(?![\w-])', '[national id]'],
        [
            '(?<![\w+])(\+|00)[1-9]([ \u00a0().-]{0,2}\d){6,14}(?![\w])'
            '|(?<![\w.])[2-9](\d{7}|\d[ \u00a0.-]\d\d[ \u00a0.-]\d\d[ \u00a0.-]\d\d|\d\d[ \u00a0.-]\d\d[ \u00a0.-]\d{3}|\d{3}[ \u00a0.-]\d{4})(?!\w)',
            '[phone]'
        ]
    ];
    v_parts text[];
    v_part text;
    v_masked text := '';
begin
    -- Each part is some text and the uuid or date that ends it.
    for v_parts in
        select piece.parts
        from regexp_matches(
            left(mask_personal_data.content, 4000),
            '(.*?)([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[12][0-9]{3}-[01][0-9]-[0-3][0-9]|$)', 'gi'
        ) with ordinality as piece (parts, number)
        order by piece.number
    loop
        v_part := v_parts[1];
        for v_mask in 1..array_length(c_masks, 1) loop
            v_part := regexp_replace(v_part, c_masks[v_mask][1], c_masks[v_mask][2], 'gi');
        end loop;
        v_masked := v_masked || v_part || v_parts[2];
    end loop;

    return case when length(v_masked) > 500 then left(v_masked, 499) || '…' else v_masked end;
end
$$;

comment on function private.mask_personal_data is
'The text without e-mail addresses, phone numbers, Norwegian national ids, URLs and file paths, at most 500 '
'characters. For our functions only.';
revoke all on function private.mask_personal_data from public, anon, authenticated, service_role;
