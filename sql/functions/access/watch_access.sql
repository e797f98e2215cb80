-- Looked at before anything is mended. An alert that cannot be written fails the upkeep, and the next one looks again.
create or replace function private.watch_access()
returns int
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_messages text[];
    v_objects text[];
    v_state text;
begin
    select
        array_agg(difference.message order by difference.kind, difference.object, difference.aspect),
        array_agg(distinct difference.object)
    into v_messages, v_objects
    from private.access_differences() as difference;
    if v_messages is null then
        return 0;
    end if;

    v_state := encode(sha256(convert_to(array_to_string(v_messages, e'\n'), 'UTF8')), 'hex');
    -- One open alert for one state; when it is another by now, somebody has to look again.
    if exists (
        select
        from public.ops_alerts as alert
        where alert.dedupe_key = 'access_changed:' || v_state and alert.acknowledged_at is null
    ) then
        return cardinality(v_messages);
    end if;
    begin
        perform private.record_security_event(
            'access_changed',
            case when cardinality(v_objects) = 1 then v_objects[1] end,
            details => jsonb_build_object(
                'differences', cardinality(v_messages),
                'objects', to_jsonb(v_objects[1:100]),
                'differences_sha256', v_state
            )
        );
    exception
        -- What differs may be just what an entry needs. The alert is what must not be missing.
        when others then
            raise warning 'peerledger: no entry of security_events for changed access (%)', sqlstate;
    end;
    perform private.write_alert(
        'access_changed',
        'critical',
        left(
            format(
                '%s not as this version says: %s%s. `peerledger migrate` puts it back.',
                case cardinality(v_messages) when 1 then 'Access is in one respect' else
                    format('Access is in %s respects', cardinality(v_messages))
                end,
                left(array_to_string(v_messages[1:4], '; '), 360),
                case when cardinality(v_messages) > 4 then '; …' else '' end
            ),
            500
        ),
        'access_changed:' || v_state,
        details => jsonb_build_object('differences', to_jsonb(v_messages[1:200]))
    );
    return cardinality(v_messages);
end
$$;

comment on function private.watch_access is
'Compares access with the description of this version; a difference becomes an entry of security_events and a critical '
'alert that names it. Returns how many there are. For our functions only.';
revoke all on function private.watch_access from public, anon, authenticated, service_role;
