-- A court or an authority ordered it, and nothing else: the entry goes, its leaf stays, and a sealed entry says under which
-- case. What is left of it cannot be guessed back: the id that is hashed with it is random, and gone.
--
-- Definer: the only way by which a single entry of a log goes. The guards of its partition are off for this one statement,
-- under a lock that lets nobody else write there, and what changed of them before is recorded first.
create or replace function private.erase_log_entry(
    log_name text,
    entry_id uuid,
    case_reference text
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set extra_float_digits = 1
set bytea_output = 'hex'
set lock_timeout = '5s'
as $$
declare
    v_log record;
    v_entry record;
    v_leaf bytea;
    v_rows bigint;
begin
    if not coalesce(erase_log_entry.case_reference ~ '^[A-Za-z0-9][A-Za-z0-9_/.-]{0,39}$', false) then
        raise exception using
            errcode = '22023',
            message = 'The case reference must be a code of up to 40 letters, digits and _ / . -.',
            detail = 'case_reference',
            hint = 'The number of the order that demands it; no names.';
    end if;
    perform private.mark_guards('look');

    select code.log_code, log.time_column, log.organisation_column
    into v_log
    from private.seal_codes as code
    inner join private.logs as log on log.log_name = code.log_name
    where code.log_name = erase_log_entry.log_name;
    if not found then
        raise exception using
            errcode = 'PT404',
            message = format('There is no log %s.', erase_log_entry.log_name),
            hint = 'The logs are listed in private.seal_codes.';
    end if;
    execute format(
        'select entry.tableoid::regclass as partition, entry.%1$I as at, entry.%2$I as organisation_id, to_jsonb(entry) as content, '
        'sealed.leaf_index, private.leaf_hash(%3$L, %4$s) as leaf '
        'from public.%3$I as entry left join private.sealed_entries as sealed on sealed.entry_time = entry.%1$I '
        'and sealed.entry_id = entry.id and sealed.log_code = %5$s where entry.id = $1 order by sealed.leaf_index limit 1',
        v_log.time_column, v_log.organisation_column, erase_log_entry.log_name,
        private.entry_line_sql(erase_log_entry.log_name, 'entry', 'sealed.leaf_index'), v_log.log_code
    )
    into v_entry
    using erase_log_entry.entry_id;
    if v_entry.partition is null then
        raise exception using
            errcode = 'PT404',
            message = format('%s has no entry %s.', erase_log_entry.log_name, erase_log_entry.entry_id),
            hint = 'If its month was archived, the entry is in the archive''s file and must be erased there.';
    end if;
    if v_entry.leaf_index is null then
        raise exception using
            errcode = 'PL007',
            message = format('The entry %s is not sealed yet.', erase_log_entry.entry_id),
            hint = 'Run `peerledger seal --once`: what was there must be known before it goes.';
    end if;
    select substring(tile.hashes from (v_entry.leaf_index % 256)::int * 32 + 1 for 32)
    into v_leaf
    from private.seal_tiles as tile
    where tile.level = 0 and tile.tile = v_entry.leaf_index / 256;
    if v_leaf is distinct from v_entry.leaf then
        raise exception using
            errcode = 'PL008',
            message = format('The entry %s is not what was sealed.', erase_log_entry.entry_id),
            hint = 'Run `peerledger verify`. An entry that somebody changed is evidence; it is not erased here.';
    end if;
    if exists (
        select
        from public.legal_holds as hold
        where hold.organisation_id = v_entry.organisation_id and hold.lifted_at is null
    ) then
        raise exception using
            errcode = 'PL005',
            message = format('The entries of organisation %s are under a legal hold.', v_entry.organisation_id),
            hint = 'See public.legal_holds: one order forbids what the other demands. Lift the hold first if it no longer applies.';
    end if;
    -- What explains a gap must not make one.
    if v_entry.content ->> 'event_kind' in (
        'entry_erased', 'log_archived', 'seal_form_added', 'seal_adopted', 'seal_restarted', 'completeness_began',
        'log_month_counted', 'guards_marked'
    ) then
        raise exception using
            errcode = '42501',
            message = format('An entry %s is never erased: it explains others.', v_entry.content ->> 'event_kind'),
            hint = 'It holds ids, numbers and hashes only.';
    end if;

    execute format('lock table %s in access exclusive mode', v_entry.partition);
    execute format(
        'alter table %s disable trigger _100_no_delete, disable trigger _200_no_row_change, no force row level security',
        v_entry.partition
    );
    execute format('delete from %s where id = $1 and %I = $2', v_entry.partition, v_log.time_column)
    using erase_log_entry.entry_id, v_entry.at;
    get diagnostics v_rows = row_count;
    execute format(
        'alter table %s enable always trigger _100_no_delete, enable always trigger _200_no_row_change, force row level security',
        v_entry.partition
    );
    if v_rows <> 1 then
        raise exception using
            errcode = 'P0001',
            message = format('%s entries would have been erased, not one.', v_rows),
            hint = 'A policy or a rule of the partition is in the way. Nothing was erased.';
    end if;

    perform private.record_security_event(
        'entry_erased', erase_log_entry.log_name, v_entry.organisation_id,
        jsonb_build_object(
            'object', v_entry.partition::text,
            'log', erase_log_entry.log_name,
            'leaf_index', v_entry.leaf_index,
            'leaf', encode(v_entry.leaf, 'hex'),
            'case_reference', erase_log_entry.case_reference,
            -- What the entry spoke of, so that its change is known to have had one.
            'subject_ids', (
                select coalesce(jsonb_agg(distinct subject.id), '[]')
                from (
                    select v_entry.content ->> field
                    from unnest(array[
                        'proxy_activity_id', 'activity_id', 'subject_id', 'run_id', 'mentor_id', 'peer_mentor_id'
                    ]) as field
                    union all
                    select jsonb_array_elements_text(coalesce(nullif(v_entry.content -> field, 'null'), '[]'))
                    from unnest(array['activity_ids', 'badges_awarded']) as field
                ) as subject (id)
                where subject.id is not null
            )
        )
    );
    perform private.mark_guards('erasure');
end
$$;

comment on function private.erase_log_entry is
'Erases one entry of a log because a court or an authority ordered it; its leaf stays, and a sealed entry entry_erased names
leaf and case. Callable by operators, as the role that migrates; by nobody through the REST API. Errors: PT404, 22023, PL005
under a legal hold, PL007 not sealed yet, PL008 changed before, 42501 for an entry that explains others.';
revoke all on function private.erase_log_entry from public, anon, authenticated, service_role;
