begin;
select plan(3);
select tests.make_two_organisations();
insert into public.notifications (id, organisation_id, recipient_user_id, kind, payload, dedupe_key)
select
    tests.id('message', 'one'), tests.id('organisation', 'north'), tests.id('user', 'nina'), 'certification_reminder',
    jsonb_build_object('mentor_id', tests.id('mentor', 'olga')), 'one';
update public.notifications set digest_id = id, digest_on = '2026-01-15';
create function pg_temp.told() returns jsonb
language sql
as $$ select private.digest_payload(tests.id('message', 'one')) -> 'checkpoint' $$;

select is(pg_temp.told(), null, 'before the first checkpoint: nothing is told of one');
-- The notes of EVIDENCE.md's form: origin, size, root, an empty line, a signature line.
select private.record_checkpoint(
    3, e'peerledger/x\n3\n' || encode(sha256('three'), 'base64') || e'\n\n'
);
select is(
    pg_temp.told(),
    jsonb_build_object(
        'origin', 'peerledger/x', 'tree_size', 3, 'root', encode(sha256('three'), 'hex'), 'key_id', null
    ),
    'one that nobody signed: its size and its root'
);
select private.record_checkpoint(
    7, e'peerledger/x\n7\n' || encode(sha256('seven'), 'base64') || e'\n\n\u2014 peerledger/x '
    || replace(encode('\x89abcdef'::bytea || sha256('a') || sha256('b'), 'base64'), e'\n', '') || e'\n'
);
select is(
    pg_temp.told(),
    jsonb_build_object(
        'origin', 'peerledger/x', 'tree_size', 7, 'root', encode(sha256('seven'), 'hex'), 'key_id', '89abcdef'
    ),
    'the newest: and the id of the key that signed it'
);
select * from finish();
rollback;
