-- depends: 0038.recorded_in
-- Every entry of every log becomes a leaf of one Merkle tree (RFC 9162, SHA-256). See docs/evidence.md.
set role peerledger_owner;

-- Which logs are sealed, and what of them. A new log is one row here and one in seal_forms. -------------------

create table private.seal_codes (
    log_code smallint primary key,
    -- No foreign key: the list of logs has guards of its own, which must be what answers.
    log_name text not null unique
);
comment on table private.seal_codes is 'A short code for each log. Codes are never reused.';
insert into private.seal_codes (log_code, log_name)
values
(1, 'badge_evaluation_logs'),
(2, 'hlf_sync_audit_log'),
(3, 'certification_expiry_audit_log'),
(4, 'proxy_audit_log'),
(5, 'mentor_status_changes'),
(6, 'security_events'),
(7, 'activity_changes'),
(8, 'administrative_changes');

create table private.seal_forms (
    log_name text not null references private.seal_codes (log_name),
    form int not null,
    columns text [] not null,
    primary key (log_name, form),
    constraint forms_are_counted_from_one check (form >= 1),
    constraint a_form_has_columns check (cardinality(columns) > 0)
);
comment on table private.seal_forms is
'The columns of a log that are sealed. A log that gets another column gets another form; the forms that are there are
never changed, and no column of a form may be dropped, renamed or given another text form.';
insert into private.seal_forms (log_name, form, columns)
select code.log_name, 1, array_agg(field.attname::text order by field.attnum)
from private.seal_codes as code
inner join pg_catalog.pg_attribute as field on field.attrelid = format('public.%I', code.log_name)::regclass
where field.attnum > 0 and not field.attisdropped and field.attname <> 'recorded_in'
group by code.log_name;

-- The tree. -------------------------------------------------------------------------------------------------

create table private.seal_state (
    only_row boolean primary key default true,
    look_from bigint,
    looked_at timestamptz,
    look_from_since timestamptz,
    system_identifier bigint,
    timeline int,
    adopting_after text,
    origin text,
    generation int not null default 1,
    signing_system_identifier bigint,
    signing_timeline int,
    constraint there_is_one_row check (only_row)
);
comment on table private.seal_state is 'Where the sealer stands, and whose tree it is.';
comment on column private.seal_state.look_from is
'Every entry that a lower transaction number wrote was visible to the last seal.';
comment on column private.seal_state.adopting_after is
'Not null while entries are adopted whatever their number, partition by partition: the last partition that is done.';
comment on column private.seal_state.signing_system_identifier is
'The server whose checkpoints are signed; another one waits for `peerledger seal --adopt` or `--new-generation`.';
comment on column private.seal_state.look_from_since is 'When look_from last rose.';
insert into private.seal_state default values;

create table private.seal_batches (
    tree_size bigint primary key,
    first_index bigint not null unique,
    root bytea not null,
    sealed_at timestamptz not null default clock_timestamp(),
    look_from bigint not null,
    system_identifier bigint,
    timeline int,
    is_adoption boolean not null default false,
    forms jsonb not null,
    rows_by_log jsonb not null,
    constraint a_batch_has_leaves check (first_index >= 0 and first_index < tree_size),
    constraint root_is_a_hash check (length(root) = 32)
);
comment on table private.seal_batches is 'Each set of leaves that was added, and the root of the tree after it.';

create table private.sealed_entries (
    leaf_index bigint not null,
    entry_time timestamptz not null,
    entry_id uuid not null,
    log_code smallint not null,
    constraint an_entry_has_one_leaf unique (entry_time, entry_id, log_code)
);
comment on table private.sealed_entries is 'Which entry each leaf is. Kept when the entry''s month is archived.';
create index sealed_entries_leaf on private.sealed_entries using brin (leaf_index) with (autosummarize = on);

create table private.seal_tiles (
    level smallint not null,
    tile bigint not null,
    "hashes" bytea not null,
    primary key (level, tile),
    constraint a_tile_holds_up_to_256_hashes check (length("hashes") between 32 and 8192 and mod(length("hashes"), 32) = 0)
);
do $$
begin
    -- Slices of a tile are read without the rest of it.
    alter table private.seal_tiles alter column hashes set storage external;
end
$$;
comment on table private.seal_tiles is
'The hashes of the tree, 256 in a row: level 0 the leaves, each level above the roots of the full tiles below it.';

create table private.seal_checkpoints (
    tree_size bigint primary key,
    note text not null,
    made_at timestamptz not null default clock_timestamp()
);
comment on table private.seal_checkpoints is 'The checkpoints (C2SP signed notes) that the runner made.';

create table private.seal_receipts (
    tree_size bigint not null,
    kind text not null,
    received_at timestamptz not null default clock_timestamp(),
    receipt bytea not null,
    primary key (tree_size, kind, received_at)
);
comment on table private.seal_receipts is 'What came back when a checkpoint was sent out.';

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
        select unnest(array['seal_form_added', 'seal_adopted', 'seal_restarted', 'entry_erased'])
    ) as listed;
    alter table public.security_events drop constraint event_kind_is_known;
    execute format(
        'alter table public.security_events add constraint event_kind_is_known check (event_kind in (%s))',
        (select string_agg(quote_literal(kind), ', ') from unnest(v_kinds) as kind)
    );
end
$$;

reset role;
