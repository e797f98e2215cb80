create or replace function private.administrative_part(
    subject_kind text
)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select
        case administrative_part.subject_kind
            when 'badge' then 'mentor_id'
            when 'dispute' then 'dispute_id'
            when 'grant_year' then 'year'
        end
$$;

comment on function private.administrative_part is
'The field of an entry''s details that tells subjects of one id apart: of a badge the mentor, of a disputed activity the dispute,
of an organisation the year that it closed. For our functions only.';
revoke all on function private.administrative_part from public, anon, authenticated, service_role;
