-- Asked of every mentor of a run: without SET it is inlined. Only functions with a search_path call it.
create or replace function private.has_address(
    mentor public.peer_mentors
)
returns boolean
language sql
immutable
security invoker
as $$
    select (has_address.mentor).user_id is not null or coalesce(btrim((has_address.mentor).email) <> '', false)
$$;

comment on function private.has_address is
'Can the mentor be told anything: is there an account or an e-mail address? For our functions only.';
revoke all on function private.has_address from public, anon, authenticated, service_role;
