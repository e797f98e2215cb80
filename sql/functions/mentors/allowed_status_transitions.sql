-- The status machine, whole. transition_mentor_status asks here; what expiry runs, renewals and forget_mentor do is in it too.
create or replace function private.allowed_status_transitions()
returns table (
    from_status public.mentor_status,
    to_status public.mentor_status
)
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
    values
    ('active'::public.mentor_status, 'paused'::public.mentor_status),
    ('active', 'expired_cert'),
    ('active', 'withdrawn'),
    ('paused', 'active'),
    ('paused', 'withdrawn'),
    ('expired_cert', 'active'),
    ('expired_cert', 'paused'),
    ('expired_cert', 'withdrawn'),
    -- A way back for who left by mistake or returns, but not in one step onto the public list.
    ('withdrawn', 'paused')
$$;

comment on function private.allowed_status_transitions is
'Which status may follow which. To active also asks for a valid certificate. For our functions only.';
revoke all on function private.allowed_status_transitions from public, anon, authenticated, service_role;
