-- The second line of defence: log texts come from catalogues of sentences, and hold nothing of this. What is
-- recognised here got in by mistake. Uuids and ISO dates pass; names cannot be told from other words.
create or replace function private.mask_personal_data(
    content text
)
returns text
language sql
immutable strict parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    with pieces as (
        select
            piece.number,
            -- URLs, e-mail addresses, then what is left of the names of servers.
            regexp_replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            regexp_replace(
                                regexp_replace(
                                    regexp_replace(
                                        piece.parts[1],
                                        '[a-z][a-z0-9+.-]*://[^\s"''<>]+|\mwww\.[^\s"''<>]+', '[address]', 'gi'
                                    ),
                                    '(mailto:)?[^\s@<>"''(),;:]+(@|%40)[^\s@<>"''(),;:]+', '[e-mail]', 'gi'
                                ),
                                '\m([a-z0-9-]+\.)+(no|com|org|net|eu|se|dk|io|dev|app|local)(:[0-9]+)?(/[^\s"''<>]*)?\M',
                                '[address]', 'gi'
                            ),
                            -- Windows and network paths with the spaces in their folders; then /a/b, ~/a, a/b.c and a.py.
                            '(\m[a-z]:[\\/]|\\\\)([^\\/:*?"<>|\r\n]+[\\/])*[^\s"''<>|,;]*', '[path]', 'gi'
                        ),
                        '(?<![\w\]])(~|\.{1,2})?/[^\s"''<>(),;]*[\w][^\s"''<>(),;]*'
                        '|\m[\w.-]+(/[\w.-]+)+\.[a-z0-9]{1,5}\M'
                        '|\m[\w-]+\.(py|sql|j2|js|ts|c|h|java|log|conf|ini|csv|jsonl?|ya?ml|toml|txt|pem|key|env|xlsx?|docx?|pdf)\M',
                        '[path]', 'gi'
                    ),
                    '(?<![\w-])\d{6}[ \u00a0.-]?\d{5}(?![\w-])', '[national id]', 'g'
                ),
                '(?<![\w+])(\+|00)[1-9]([ \u00a0().-]{0,2}\d){6,14}(?![\w])'
                '|(?<![\w.])[2-9](\d{7}|\d[ \u00a0.-]\d\d[ \u00a0.-]\d\d[ \u00a0.-]\d\d|\d\d[ \u00a0.-]\d\d[ \u00a0.-]\d{3}|\d{3}[ \u00a0.-]\d{4})(?!\w)',
                '[phone]', 'g'
            ) || piece.parts[2] as masked
        from regexp_matches(
            left(mask_personal_data.content, 4000),
            '(.*?)([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[12][0-9]{3}-[01][0-9]-[0-3][0-9]|$)', 'gi'
        ) with ordinality as piece (parts, number)
    )

    select case when length(whole.masked) > 500 then left(whole.masked, 499) || '…' else whole.masked end
    from (select string_agg(pieces.masked, '' order by pieces.number) as masked from pieces) as whole
$$;

comment on function private.mask_personal_data is
'The text without e-mail addresses, phone numbers, Norwegian national ids, URLs and file paths, at most 500 '
'characters. For our functions only.';
revoke all on function private.mask_personal_data from public, anon, authenticated, service_role;
