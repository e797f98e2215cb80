-- depends: 0039.seals
-- What a text may be: codes that name nobody, names that a terminal can show, notes of a bounded length, and events of
-- the website sync from a closed list.
set role peerledger_owner;

-- Used in an index and in CHECKs, so they live here and not among the replayable functions.
create function private.name_words(content text) returns text[]
language sql
immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select array(
        select distinct word
        from regexp_split_to_table(
            translate(lower(name_words.content collate "C"), 'ÆØÅÄÖÉÈÁŠŽ', 'æøåäöéèášž'), '[^a-z\u00df-\u024f\u0370-\u1fff\u2c00-\ud7ff\uf900-\ufdff]+'
        ) as word
        where length(word) > 1
        order by word
    )
$$;
comment on function private.name_words is
'The words of a name or a code in lower case, without digits and separators: how names are looked for in codes.';
revoke all on function private.name_words from public, anon, authenticated, service_role;
-- An index is kept up with the rights of whoever writes the row.
grant execute on function private.name_words to authenticated, service_role;

create function private.are_activity_codes(codes text[]) returns boolean
language sql
immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select
        cardinality(are_activity_codes.codes) <= 200
        and coalesce(array_ndims(are_activity_codes.codes), 1) = 1
        and not exists (
            select
            from unnest(are_activity_codes.codes) as code
            where
                code is null
                or length(code) > 60
                or code !~ '^[A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9_-]*$'
                or code ~ '[0-9]{5}'
        )
$$;
comment on function private.are_activity_codes is
'Is this a list of at most 200 codes: a letter first, then letters, digits, _ and -, up to 60, no run of five digits?';
revoke all on function private.are_activity_codes from public, anon, authenticated, service_role;
grant execute on function private.are_activity_codes to service_role;

create function private.is_one_line(content text) returns boolean
language sql
immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select is_one_line.content !~ '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]'
$$;
comment on function private.is_one_line is
'Is this a text without control characters and without those that change the direction of writing? A terminal obeys them.';
revoke all on function private.is_one_line from public, anon, authenticated, service_role;
grant execute on function private.is_one_line to authenticated, service_role;

create index peer_mentors_name_words on public.peer_mentors using gin (private.name_words(display_name));

reset role;

-- What was written before there were limits, as the migrating role, which no policy hides a row from. Such characters
-- show as nothing; a name that is nothing else keeps its id.
do $$
declare
    c_orders constant text := '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+';
    v_name record;
    v_is_needed boolean;
begin
    for v_name in
        select named.*
        from (
            values
            ('organisations', 'name', 'slug'), ('chapters', 'name', 'id'), ('badge_definitions', 'name', 'slug'),
            ('peer_mentors', 'display_name', 'id')
        ) as named (table_name, column_name, substitute)
    loop
        execute format(
            'select exists (select from public.%I where not private.is_one_line(%I))', v_name.table_name, v_name.column_name
        ) into v_is_needed;
        if v_is_needed then
            -- The triggers are those of the version before, in a database that is half of this one.
            execute format('alter table public.%I disable trigger user', v_name.table_name);
            execute format(
                'update public.%1$I set %2$I = coalesce(nullif(btrim(regexp_replace(%2$I, %4$L, '' '', ''g'')), ''''), %3$I::text) '
                'where not private.is_one_line(%2$I)',
                v_name.table_name, v_name.column_name, v_name.substitute, c_orders
            );
            execute format('alter table public.%I enable trigger user', v_name.table_name);
        end if;
    end loop;
    if exists (select from public.organisation_settings where not private.are_activity_codes(activity_types)) then
        alter table public.organisation_settings disable trigger user;
        -- Codes that nobody can register any more.
        update public.organisation_settings
        set activity_types = array(select code from unnest(activity_types) as code where code !~ '[0-9]{5}' limit 200)
        where not private.are_activity_codes(activity_types);
        alter table public.organisation_settings enable trigger user;
    end if;
end
$$;

set role peerledger_owner;

alter table public.organisations
add constraint name_is_one_line check (private.is_one_line(name));
alter table public.chapters
add constraint name_is_one_line check (private.is_one_line(name));
alter table public.badge_definitions
add constraint name_is_one_line check (private.is_one_line(name));
alter table public.peer_mentors
add constraint display_name_is_one_line check (private.is_one_line(display_name));

alter table public.organisation_settings
drop constraint activity_types_are_codes,
add constraint activity_types_are_codes check (private.are_activity_codes(activity_types));

-- A longer note from before stays as it is until somebody shortens it.
alter table public.activity_notes
add constraint body_is_at_most_20000_characters check (length(body) <= 20000) not valid;
comment on column public.activity_notes.body is 'Free text of at most 20,000 characters. Personal; never copied into a log.';

-- An entry from before that has another event cannot be corrected, and stays.
alter table public.hlf_sync_audit_log
drop constraint event_is_known,
add constraint event_is_known check (
    triggered_by_event in (
        'status_change:active', 'status_change:paused', 'status_change:expired_cert', 'status_change:withdrawn',
        'manual_coordinator_requeue', 'reconciliation'
    )
) not valid;

do $$
declare
    v_rule record;
begin
    for v_rule in
        select rule.*
        from (
            values ('activity_notes', 'body_is_at_most_20000_characters'), ('hlf_sync_audit_log', 'event_is_known')
        ) as rule (table_name, constraint_name)
    loop
        begin
            execute format('alter table public.%I validate constraint %I', v_rule.table_name, v_rule.constraint_name);
        exception
            when check_violation then
                raise notice '% of % holds for what is written from now on', v_rule.constraint_name, v_rule.table_name;
        end;
    end loop;
end
$$;

reset role;
