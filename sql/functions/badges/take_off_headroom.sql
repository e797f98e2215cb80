-- The short way of private.tg_activities__evaluate_inserted for many rows, without the log: of all that a statement adds
-- to a mentor is asked whether it fits for each of its kinds.
create or replace function private.take_off_headroom(
    mentor_ids uuid[],
    changes private.day_change[]
)
returns uuid[]
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_fitting uuid[];
begin
    if coalesce(cardinality(take_off_headroom.changes), 0) = 0 then
        return take_off_headroom.mentor_ids;
    end if;

    with added_of_kind as (
        select
            change.mentor_id,
            change.activity_type || '/' || change.delivery_mode as kind,
            sum(change.added_count) as activities,
            sum(change.added_minutes) as minutes,
            sum(change.added_participants) as participants,
            min(change.occurred_on) as first_on,
            max(change.occurred_on) as last_on
        from unnest(take_off_headroom.changes) as change
        group by change.mentor_id, change.activity_type, change.delivery_mode
    ),
    added as (
        select
            added_of_kind.mentor_id,
            array_agg(added_of_kind.kind) as kinds,
            sum(added_of_kind.activities)::bigint as activities,
            sum(added_of_kind.minutes)::bigint as minutes,
            sum(added_of_kind.participants)::bigint as participants,
            min(added_of_kind.first_on) as first_on,
            max(added_of_kind.last_on) as last_on
        from added_of_kind
        group by added_of_kind.mentor_id
    ),
    fitting as (
        update private.mentor_measures as mentor
        set
            added_activities = mentor.added_activities + added.activities,
            added_minutes = mentor.added_minutes + added.minutes,
            added_participants = mentor.added_participants + added.participants,
            added_late = mentor.added_late or coalesce(added.first_on < mentor.latest_on, true),
            added_from = least(mentor.added_from, added.first_on),
            added_to = greatest(mentor.added_to, added.last_on)
        from added
        where
            mentor.mentor_id = added.mentor_id
            and mentor.mentor_id = any (take_off_headroom.mentor_ids)
            and mentor.settled_until > now()
            and not exists (
                select
                from unnest(added.kinds) as kind (name)
                where
                    private.fits_headroom(
                        mentor.headroom -> kind.name,
                        coalesce(added.first_on >= mentor.latest_on and not mentor.added_late, false),
                        mentor.added_activities + added.activities,
                        mentor.added_minutes + added.minutes,
                        mentor.added_participants + added.participants,
                        greatest(mentor.added_to, added.last_on)
                    ) is not true
            )
            and mentor.catalogue_version = (
                select catalogue.version
                from private.badge_catalogues as catalogue
                where catalogue.organisation_id = mentor.organisation_id
            )
        returning mentor.mentor_id
    )
    select array_agg(fitting.mentor_id) into v_fitting from fitting;

    return array(
        select given.mentor_id
        from unnest(take_off_headroom.mentor_ids) as given (mentor_id)
        where v_fitting is null or given.mentor_id <> all (v_fitting)
    );
end
$$;

comment on function private.take_off_headroom is
'Takes what is added to each mentor off their headroom, and returns the mentors whose headroom it exceeds. For our functions
only; lock first.';
revoke all on function private.take_off_headroom from public, anon, authenticated, service_role;
