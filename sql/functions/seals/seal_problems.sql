-- Definer: reads the owner's tables, whoever of the operators asks.
create or replace function private.seal_problems()
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_late constant interval := interval '1 hour';
    v_state private.seal_state;
    v_backlog record;
    v_not_covered_since timestamptz;
    v_problems jsonb := jsonb_build_array();
    v_unlisted text;
begin
    select * into v_state from private.seal_state;

    select string_agg(log.log_name, ', ' order by log.log_name)
    into v_unlisted
    from private.logs as log
    where not exists (
        select
        from private.seal_codes as code
        inner join private.seal_forms as form on form.log_name = code.log_name
        where code.log_name = log.log_name
    );
    if v_unlisted is not null then
        v_problems := v_problems || jsonb_build_object(
            'what', format('Not sealed at all: %s.', v_unlisted),
            'do', 'Add the log to private.seal_codes and private.seal_forms'
        );
    end if;
    -- Somebody who looks every hour leaves nothing that is older; only otherwise it is counted.
    if coalesce(v_state.looked_at, '-infinity') < now() - c_late then
        select * into v_backlog from private.seal_backlog();
        if v_backlog.oldest_at < now() - c_late then
            v_problems := v_problems || jsonb_build_object(
                'what', format(
                    '%s log entries are not sealed, the oldest of %s UTC.',
                    v_backlog.entries, to_char(v_backlog.oldest_at at time zone 'utc', 'YYYY-MM-DD HH24:MI')
                ),
                'do', 'peerledger worker, or peerledger seal --once'
            );
        end if;
    end if;
    if v_state.look_from_since < now() - c_late
        and pg_snapshot_xmin(pg_current_snapshot())::text::bigint = v_state.look_from
        and pg_snapshot_xmax(pg_current_snapshot())::text::bigint > v_state.look_from
    then
        v_problems := v_problems || jsonb_build_object(
            'what', 'A transaction has been writing, or has been prepared, for more than an hour; each seal reads again what was sealed since.',
            'do', 'see pg_stat_activity and pg_prepared_xacts'
        );
    end if;
    -- Since when something is in the tree that no checkpoint covers.
    select min(batch.sealed_at)
    into v_not_covered_since
    from private.seal_batches as batch
    where batch.tree_size > coalesce((select max(checkpoint.tree_size) from private.seal_checkpoints as checkpoint), 0);
    if v_not_covered_since < now() - c_late then
        v_problems := v_problems || jsonb_build_object(
            'what', format(
                'The newest checkpoint does not cover what has been sealed since %s UTC.',
                to_char(v_not_covered_since at time zone 'utc', 'YYYY-MM-DD HH24:MI')
            ),
            'do', 'peerledger seal --once, which says why'
        );
    end if;
    return v_problems;
end
$$;

comment on function private.seal_problems is
'What of the seals needs a person, and what that person does: an array of {what, do}. For our functions and the runner.';
revoke all on function private.seal_problems from public, anon, authenticated, service_role;
