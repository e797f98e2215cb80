-- depends: 0039.seals
-- What was registered stays provable: the hash of each record stands in the entry of its insert, and of everything that
-- was there before, a baseline is kept (private.begin_completeness). See docs/evidence.md.
set role peerledger_owner;

alter table public.badge_evaluation_logs
add column if not exists activity_hashes bytea[]
constraint each_activity_has_a_hash check (cardinality(activity_hashes) = cardinality(activity_ids));
comment on column public.badge_evaluation_logs.activity_hashes is
'Of an insert: the sha256 of each record as it was registered, in the order of activity_ids. A record is the JSON text with '
'the fields of proxy_audit_log.payload_snapshot.';
alter type private.touched_mentor add attribute activity_hashes bytea[];
comment on type private.touched_mentor is
'A mentor of one statement, and the activities that made it look at them; of an insert with the hash of each record.';
insert into private.seal_forms (log_name, form, columns)
select former.log_name, former.form + 1, former.columns || 'activity_hashes'::text
from (
    select form.*
    from private.seal_forms as form
    where form.log_name = 'badge_evaluation_logs'
    order by form.form desc
    limit 1
) as former
where 'activity_hashes' <> all (former.columns);

create table private.activity_baseline (
    activity_id uuid primary key,
    record_sha256 bytea not null
);
comment on table private.activity_baseline is
'The hash of each activity that was there when hashes began to be kept. Nothing is added later.';

create table private.completeness_baseline (
    only_row boolean primary key default true,
    began_at timestamptz not null default clock_timestamp(),
    activities bigint not null,
    records_sha256 bytea not null,
    constraint there_is_one_row check (only_row)
);
comment on table private.completeness_baseline is
'Since when every change has its entry, and what private.activity_baseline held then. An entry completeness_began of '
'security_events, which is sealed, says the same.';

-- More kinds of events, whatever other kinds there are by now.
do $$
declare
    v_kinds text[];
begin
    select array_agg(distinct listed.kind order by listed.kind)
    into v_kinds
    from (
        select found.kind[1] as kind
        from pg_catalog.pg_constraint as rule
        cross join regexp_matches(pg_catalog.pg_get_constraintdef(rule.oid), '''([a-z_]+)''', 'g') as found (kind)
        where rule.conrelid = 'public.security_events'::regclass and rule.conname = 'event_kind_is_known'
        union all
        select unnest(array['completeness_began', 'completeness_checked', 'log_month_counted'])
    ) as listed;
    alter table public.security_events drop constraint event_kind_is_known;
    execute format(
        'alter table public.security_events add constraint event_kind_is_known check (event_kind in (%s))',
        (select string_agg(quote_literal(kind), ', ') from unnest(v_kinds) as kind)
    );
end
$$;

reset role;
