-- The vocabulary is what there is: no list of it can be forgotten when a function learns a new word.
create or replace function private.is_own_word(
    word text
)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select is_own_word.word <> '' and (
        exists (
            select
            from pg_attribute as field
            inner join pg_class as relation on relation.oid = field.attrelid
            where
                field.attname = is_own_word.word
                and field.attnum > 0
                and relation.relowner = to_regrole('peerledger_owner')
        )
        or exists (
            select
            from pg_class as relation
            where relation.relname = is_own_word.word and relation.relowner = to_regrole('peerledger_owner')
        )
        or exists (
            select
            from pg_enum as label
            inner join pg_type as kind on kind.oid = label.enumtypid
            where label.enumlabel = is_own_word.word and kind.typowner = to_regrole('peerledger_owner')
        )
        or exists (
            select
            from pg_proc as routine
            where
                routine.proowner = to_regrole('peerledger_owner')
                and (
                    strpos(routine.prosrc, quote_literal(is_own_word.word)) > 0
                    -- The beginning of a value such as status_change:paused.
                    or strpos(routine.prosrc, '''' || is_own_word.word || ':') > 0
                )
        )
        or exists (
            select
            from pg_constraint as rule
            inner join pg_class as relation on relation.oid = rule.conrelid
            where
                rule.contype = 'c'
                and relation.relkind in ('r', 'p')
                and not relation.relispartition
                and relation.relowner = to_regrole('peerledger_owner')
                and strpos(pg_get_constraintdef(rule.oid), quote_literal(is_own_word.word)) > 0
        )
    )
$$;

comment on function private.is_own_word is
'Is this a word of the database''s own: the name of a column or table, a value of a list, or what one of its functions
writes? For our functions only.';
revoke all on function private.is_own_word from public, anon, authenticated, service_role;
