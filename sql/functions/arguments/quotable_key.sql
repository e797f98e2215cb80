-- An error is written to the server's log as well, and what a client invents as a key may be anything, also a name. A word
-- of ours with a slip in it, or one word with a number at most, is worth repeating.
create or replace function private.quotable_key(
    key text
)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select case
        when quotable_key.key ~ '^[a-z]{1,20}(_?[0-9]{1,5})?$' then quotable_key.key
        when
            quotable_key.key ~ '^[a-z][a-z0-9_]{0,39}$'
            and quotable_key.key !~ '([0-9]_*){4}'
            and string_to_array(quotable_key.key, '_') && array[
                'activity', 'all', 'any', 'at', 'badge', 'coordinator', 'count', 'created', 'criteria', 'date', 'day', 'days',
                'delivery', 'duration', 'from', 'hours', 'id', 'in', 'is', 'least', 'mentor', 'metric', 'minutes', 'mode',
                'modes', 'most', 'note', 'occurred', 'on', 'organisation', 'participant', 'participants', 'status', 'to',
                'total', 'type', 'types', 'updated', 'voided', 'within'
            ]
            then quotable_key.key
        else '?'
    end
$$;

comment on function private.quotable_key is
'A key that a client sent, if an error may repeat it, and ? otherwise. For our functions only.';
revoke all on function private.quotable_key from public, anon, authenticated, service_role;
