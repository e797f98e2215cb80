-- depends: 0015.operations
-- The description of access that belongs to the version in use; the upkeep of the logs compares the database with it.

-- The migrating role's, like private.sql_files: what our functions do on somebody's behalf cannot change it.
create table private.access_description (
    kind text not null,
    object text not null,
    aspect text not null,
    value text not null,
    primary key (kind, object, aspect)
);
comment on table private.access_description is
'Who owns what, who may do what with it and what fires or hides rows, as this version of the code says. Written by '
'`peerledger migrate`; compared with what is there by private.access_differences.';
grant select on table private.access_description to peerledger_owner;

set role peerledger_owner;

-- Added to those that there are, whichever migration came first.
do $$
declare
    v_kinds text[];
begin
    select array_agg(distinct listed.kind)
    into v_kinds
    from (
        select found.kind[1] as kind
        from pg_catalog.pg_constraint as rule
        cross join regexp_matches(pg_catalog.pg_get_constraintdef(rule.oid), '''([a-z_]+)''', 'g') as found (kind)
        where rule.conrelid = 'public.security_events'::regclass and rule.conname = 'event_kind_is_known'
        union all
        select unnest(array['access_changed', 'access_restored'])
    ) as listed;
    alter table public.security_events drop constraint event_kind_is_known;
    execute format(
        'alter table public.security_events add constraint event_kind_is_known check (event_kind in (%s))',
        (select string_agg(quote_literal(kind), ', ') from unnest(v_kinds) as kind)
    );
end
$$;

reset role;
