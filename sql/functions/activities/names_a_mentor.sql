-- A database cannot tell names from other words, but it knows the names of its own people: two of the words of one.
create or replace function private.names_a_mentor(
    code text,
    organisation_id uuid,
    to_user_id uuid
)
returns boolean
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select
        from public.peer_mentors as mentor
        where
            private.name_words(mentor.display_name) && private.name_words(names_a_mentor.code)
            and (
                select count(*)
                from unnest(private.name_words(mentor.display_name)) as word
                where word = any (private.name_words(names_a_mentor.code))
            ) > 1
            and (names_a_mentor.organisation_id is null or mentor.organisation_id = names_a_mentor.organisation_id)
            and (
                names_a_mentor.to_user_id is null
                or mentor.status = 'active'
                or mentor.user_id = names_a_mentor.to_user_id
            )
    )
$$;

comment on function private.names_a_mentor is
'Does a code hold two of the words of the name of a mentor of the organisation (null: of any)? Where the answer goes to a
mentor, to_user_id is theirs, and only those are looked at whom the public website lists. For our functions only.';
revoke all on function private.names_a_mentor from public, anon, authenticated, service_role;
