-- Before a rollback: the marks go, and the log says so.
delete from private.log_guard_marks;
insert into public.security_events (event_kind, details)
values (
    'guards_marked',
    jsonb_build_object('reason', 'rollback', 'objects', 0, 'marks_sha256', encode(sha256(''), 'hex'))
);
