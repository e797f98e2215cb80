set role peerledger_owner;

drop table private.completeness_baseline;
drop table private.activity_baseline;
alter type private.touched_mentor drop attribute activity_hashes;

-- The column and its form stay: entries may be sealed with them. Entries of the kinds that go stay as well.
do $$
declare
    v_kinds text[];
begin
    select array_agg(distinct found.kind[1] order by found.kind[1])
    into v_kinds
    from pg_catalog.pg_constraint as rule
    cross join regexp_matches(pg_catalog.pg_get_constraintdef(rule.oid), '''([a-z_]+)''', 'g') as found (kind)
    where
        rule.conrelid = 'public.security_events'::regclass
        and rule.conname = 'event_kind_is_known'
        and found.kind[1] not in ('completeness_began', 'completeness_checked', 'log_month_counted');
    alter table public.security_events drop constraint event_kind_is_known;
    execute format(
        'alter table public.security_events add constraint event_kind_is_known check (event_kind in (%s)) not valid',
        (select string_agg(quote_literal(kind), ', ') from unnest(v_kinds) as kind)
    );
end
$$;

reset role;
