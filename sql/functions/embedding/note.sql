-- A computed relationship: the key of activity_notes says that there is one note at most, but the foreign key, which has
-- the organisation too, lets the REST API embed an array. As the caller, so that policies decide; without SET, so that it is inlined.
create or replace function public.note(
    activities public.activities
)
returns setof public.activity_notes
language sql
stable
security invoker
rows 1
as $$
    select found.*
    from public.activity_notes as found
    where found.activity_id = note.activities.id
$$;

comment on function public.note is
'Embeds the note of an activity as one object.
A computed relationship: select=*,note(body). Callable by authenticated and service_role.';
revoke all on function public.note from public, anon, authenticated, service_role;
grant execute on function public.note to authenticated, service_role;
