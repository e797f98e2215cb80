-- Mentors whose row is behind: of an older catalogue, marked as not to be trusted, or rebuilt by another
-- trigger of this same statement, which added to it since what the rebuild had counted already.
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
        array_agg(mentor.mentor_id) filter (
            where mentor.catalogue_version is null or mentor.rebuilt_at = statement_timestamp()
        ),
        array_agg(mentor.mentor_id)
    into v_untrusted, v_behind
    from private.mentor_measures as mentor
    left join private.badge_catalogues as catalogue on catalogue.organisation_id = mentor.organisation_id
    where
        mentor.mentor_id = any (refresh_measures.mentor_ids)
        and (
            mentor.catalogue_version is distinct from coalesce(catalogue.version, 0)
            or mentor.rebuilt_at = statement_timestamp()
        );

    if v_untrusted is not null then
        perform private.rebuild_activity_days(v_untrusted);
        update private.mentor_measures as mentor
        set rebuilt_at = statement_timestamp()
        where mentor.mentor_id = any (v_untrusted);
    end if;
    if v_behind is not null then
        perform private.rebuild_measures(v_behind);
    end if;
end
$$;

comment on function private.refresh_measures is
'Brings rows of these mentors up to date that are not. For our functions only; lock first.';
revoke all on function private.refresh_measures from public, anon, authenticated, service_role;
