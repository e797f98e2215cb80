-- What being in scope means, for all who ask it of one mentor or of thousands: without SET it is inlined. Only functions
-- with a search_path call it.
create or replace function private.reaches(
    assignment public.coordinator_assignments,
    organisation_id uuid,
    chapter_id uuid
)
returns boolean
language sql
immutable
security invoker
as $$
    select
        (reaches.assignment).organisation_id = reaches.organisation_id
        and ((reaches.assignment).chapter_id is null or (reaches.assignment).chapter_id = reaches.chapter_id)
$$;

comment on function private.reaches is
'Is a mentor of this organisation and chapter in the scope of the assignment: of its chapter, or of its organisation when
it is for the whole of it? Null is no. For our functions only.';
revoke all on function private.reaches from public, anon, authenticated, service_role;
