-- Of the names that the database knows, two words of one are enough; a first name alone is a word like any other.
create or replace function private.mask_names(
    content text
)
returns text
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        regexp_replace(
            mask_names.content,
            '(?<![[:alpha:]])(' || (
                select string_agg(distinct word, '|')
                from public.peer_mentors as mentor
                cross join unnest(private.name_words(mentor.display_name)) as word
                where
                    private.name_words(mentor.display_name) && private.name_words(mask_names.content)
                    and word = any (private.name_words(mask_names.content))
                    and (
                        select count(*)
                        from unnest(private.name_words(mentor.display_name)) as other
                        where other = any (private.name_words(mask_names.content))
                    ) > 1
            ) || ')(?![[:alpha:]])',
            '[name]', 'gi'
        ),
        mask_names.content
    )
$$;

comment on function private.mask_names is
'The text without the names of mentors. For our functions only.';
revoke all on function private.mask_names from public, anon, authenticated, service_role;
