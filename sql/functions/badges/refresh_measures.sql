-- Mentors whose row is behind. Those that are not to be trusted are counted from their activities; of the others, behind
-- because criteria changed, only the measures that changed are. So a change costs each mentor a little, when it is next
-- their turn, and nobody the whole organisation.
create or replace function private.refresh_measures(
    mentor_ids uuid[]
)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_untrusted uuid[];
    v_behind uuid[];
begin
    select
        array_agg(mentor.mentor_id) filter (where mentor.catalogue_version is null),
        array_agg(mentor.mentor_id) filter (where mentor.catalogue_version <> coalesce(catalogue.version, 0))
    into v_untrusted, v_behind
    from private.mentor_measures as mentor
    left join private.badge_catalogues as catalogue on catalogue.organisation_id = mentor.organisation_id
    where mentor.mentor_id = any (refresh_measures.mentor_ids);

    if v_untrusted is not null then
        perform private.rebuild_activity_days(v_untrusted);
        perform private.rebuild_measures(v_untrusted);
    end if;
    if v_behind is not null then
        perform private.rebuild_measures(v_behind, only_changed => true);
    end if;
end
$$;

comment on function private.refresh_measures is
'Brings rows of these mentors up to date that are not. For our functions only; lock first.';
revoke all on function private.refresh_measures from public, anon, authenticated, service_role;
