-- The second line of defence: log texts come from catalogues of sentences, and hold nothing of this. What is
-- recognised here got in by mistake. Uuids, hashes, ISO dates and times pass; names cannot be told from other words.
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
    -- The digits of every script, and what people write between digits: blanks, hyphens, dots, slashes, brackets and
    -- what nobody sees.
    c_digit constant text := '0-9\u0660-\u0669\u06f0-\u06f9\u07c0-\u07c9\u0966-\u096f\u09e6-\u09ef\u0a66-\u0a6f'
        '\u0ae6-\u0aef\u0b66-\u0b6f\u0be6-\u0bef\u0c66-\u0c6f\u0ce6-\u0cef\u0d66-\u0d6f\u0de6-\u0def\u0e50-\u0e59\u0ed0-\u0ed9'
        '\u0f20-\u0f29\u1040-\u1049\u1090-\u1099\u17e0-\u17e9\u1810-\u1819\u1946-\u194f\u19d0-\u19d9\u1a80-\u1a99'
        '\u1b50-\u1b59\u1bb0-\u1bb9\u1c40-\u1c49\u1c50-\u1c59\u2070-\u2079\u2080-\u2089\u2460-\u2468\ua620-\ua629'
        '\ua8d0-\ua8d9\ua900-\ua909\ua9d0-\ua9d9\ua9f0-\ua9f9\uaa50-\uaa59\uabf0-\uabf9\uff10-\uff19'
        '\U000104a0-\U000104a9\U00011066-\U0001106f\U0001d7ce-\U0001d7ff\U0001e950-\U0001e959\U0001fbf0-\U0001fbf9';
    c_between constant text := '[\s\u00a0\u00ad\u00b7\u2000-\u2015\u2028-\u202f\u205f-\u2064\u2212\u3000\ufe58\ufeff\uff0d\uff0e._/()+''-]';
    -- One after the other: what an earlier one took is not looked at again.
    c_masks constant text[] := array[
        ['[a-z][a-z0-9+.-]*://[^\s"''<>]+|\mwww\.[^\s"''<>]+', '[address]'],
        ['(mailto:)?[^\s@\uff20<>"''(),;:]+([@\uff20]|%40)[^\s@\uff20<>"''(),;:]+', '[e-mail]'],
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
        -- Eleven digits are taken for a national id, whatever stands between and around them.
        ['(?<![D])[D](?:S{0,3}[D]){10}(?!S{0,3}[D])', '[national id]'],
        -- Eight or more digits could ring somebody; fewer, after a plus.
        ['\+?[D](?:S{0,2}[D]){7,}|\+[D](?:S{0,2}[D]){5,}', '[phone]']
    ];
    v_parts text[];
    v_part text;
    v_masked text := '';
begin
    -- Each part is some text and what ends it and passes: a uuid, a hash, a date, a time. A date before five
    -- digits more is no date.
    for v_parts in
        select piece.parts
        from regexp_matches(
            left(mask_personal_data.content, 4000),
            '(.*?)('
            '(?<![0-9a-z])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-z])'
            '|(?<![0-9a-z])(?=[0-9]*[a-f])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-z])'
            '|(?<![0-9])[12][0-9]{3}-[01][0-9]-[0-3][0-9](?![^a-z0-9]{0,3}[0-9]{5}(?![0-9])|[0-9])'
            '|(?<![0-9:])[0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?(?![0-9:]|\.[0-9])'
            '|$)', 'gi'
        ) with ordinality as piece (parts, number)
        order by piece.number
    loop
        v_part := v_parts[1];
        for v_mask in 1..array_length(c_masks, 1) loop
            v_part := regexp_replace(
                v_part,
                replace(replace(c_masks[v_mask][1], '[D]', '[' || c_digit || ']'), 'S{', c_between || '{'),
                c_masks[v_mask][2], 'gi'
            );
        end loop;
        v_masked := v_masked || v_part || v_parts[2];
    end loop;

    return case when length(v_masked) > 500 then left(v_masked, 499) || '…' else v_masked end;
end
$$;

comment on function private.mask_personal_data is
'The text without e-mail addresses, Norwegian national ids, phone numbers and whatever else has eight digits or more, URLs and
file paths, at most 500 characters. For our functions only.';
revoke all on function private.mask_personal_data from public, anon, authenticated, service_role;
