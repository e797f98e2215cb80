-- What needs the mentor or their other activities to be known for impossible. What is impossible by itself,
-- private.tg_activities__refuse_impossible has refused before it was written. Only what a statement adds is judged: a
-- day that was beyond the limit before may be left, shortened and voided.
create or replace function private.require_possible_activities(
    changes private.day_change[],
    latest public.activities[]
)
returns void
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_day record;
    v_activity record;
begin
    select change.mentor_id, change.occurred_on, max(change.day_minutes) as minutes
    into v_day
    from unnest(require_possible_activities.changes) as change
    where change.day_minutes > 1440
    group by change.mentor_id, change.occurred_on
    having sum(change.added_minutes) > 0
    order by change.occurred_on, change.mentor_id
    limit 1;
    if found then
        raise exception using
            errcode = '22023',
            message = format(
                'The mentor''s activities of %s would come to %s minutes; a day has 1440.', v_day.occurred_on, v_day.minutes
            ),
            detail = 'duration_minutes',
            hint = format('Nothing was saved. Look at what is registered for mentor %s on that day.', v_day.mentor_id);
    end if;

    select activity.*, clock.today, clock.withdrawn_on
    into v_activity
    from unnest(require_possible_activities.latest) as activity
    inner join public.peer_mentors as mentor on mentor.id = activity.mentor_id
    inner join public.organisations as organisation on organisation.id = mentor.organisation_id
    cross join lateral (
        select
            (now() at time zone organisation.time_zone)::date as today,
            case
                when mentor.status = 'withdrawn'
                    then (mentor.status_changed_at at time zone organisation.time_zone)::date
            end as withdrawn_on
    ) as clock
    where
        activity.occurred_on > clock.today
        -- By proxy, and by those who bring in history, what was before the mentor withdrew. A mentor who did registers nothing.
        or case
            when activity.coordinator_id is not null then activity.occurred_on > clock.withdrawn_on
            else activity.occurred_on >= clock.withdrawn_on
            or (clock.withdrawn_on is not null and mentor.user_id = private.caller_id())
        end
    limit 1;
    if not found then
        return;
    end if;
    if v_activity.occurred_on > v_activity.today then
        raise exception using
            errcode = '22023',
            message = format('%s is in the future; today is %s.', v_activity.occurred_on, v_activity.today),
            detail = 'occurred_on',
            hint = 'Register it when it has taken place.';
    end if;
    raise exception using
        errcode = '22023',
        message = format('The mentor withdrew on %s and registers no more.', v_activity.withdrawn_on),
        detail = 'mentor_id',
        hint = 'What a mentor did before, a coordinator can register.';
end
$$;

comment on function private.require_possible_activities is
'Passes unless a statement brings a mentor''s day beyond 24 hours, or one of the latest activities (of each mentor, their own
and by proxy) is in the future or after the mentor withdrew. Error: 22023, DETAIL the column. For our functions only; lock
the mentors first.';
revoke all on function private.require_possible_activities from public, anon, authenticated, service_role;
