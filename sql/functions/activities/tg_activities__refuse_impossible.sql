-- Called only for what is impossible by itself: the triggers' WHEN says what that is.
create or replace function private.tg_activities__refuse_impossible()
returns trigger
language plpgsql
volatile
security definer -- looks for an activity that the caller may not see
set search_path = pg_catalog, pg_temp
as $$
declare
    c_suspicious constant text := '^[^A-Za-zÆØÅæøå]|[0-9]{5}|([0-9][_-]*){8}';
    -- Of an update only what it changes; what it brings back is looked at as if it were new.
    v_is_new boolean := tg_op = 'INSERT' or old.voided_at is not null;
    v_column text := case
        when
            (new.occurred_on < '1970-01-01' or new.occurred_on > (now() at time zone 'Etc/GMT-14')::date)
            and (v_is_new or new.occurred_on <> old.occurred_on)
            then 'occurred_on'
        when new.duration_minutes > 1440 and (v_is_new or new.duration_minutes > old.duration_minutes)
            then 'duration_minutes'
        when new.participant_count > 10000 and (v_is_new or new.participant_count > old.participant_count)
            then 'participant_count'
        when
            new.activity_type ~ c_suspicious
            and private.code_problem(new.activity_type, new.organisation_id) is not null
            and (v_is_new or new.activity_type <> old.activity_type)
            then 'activity_type'
        when
            new.delivery_mode ~ c_suspicious
            and private.code_problem(new.delivery_mode, new.organisation_id) is not null
            and (v_is_new or new.delivery_mode <> old.delivery_mode)
            then 'delivery_mode'
    end;
begin
    -- A date in a code.
    if v_column is null then
        return new;
    end if;
    -- An upsert of a row that is there, and was before there were limits: then the update is judged by what it changes. The
    -- constraints of the table were there from the beginning.
    if
        tg_op = 'INSERT'
        and new.occurred_on between '1970-01-01' and '2199-12-31'
        and new.duration_minutes <= 1440
        and new.participant_count <= 100000
        and new.activity_type !~ '^[^A-Za-zÆØÅæøå]'
        and new.delivery_mode !~ '^[^A-Za-zÆØÅæøå]'
        and exists (select from public.activities as known where known.id = new.id)
    then
        return new;
    end if;
    raise exception using
        errcode = '22023',
        message = case v_column
            when 'occurred_on' then case
                when new.occurred_on < '1970-01-01' then format('%s is before 1970.', new.occurred_on)
                else format('%s is in the future.', new.occurred_on)
            end
            when 'duration_minutes' then format('An activity of %s minutes is longer than a day.', new.duration_minutes)
            when 'participant_count' then format('%s participants are too many; at most 10000 can be registered.', new.participant_count)
            when 'activity_type' then 'The activity type ' || private.code_problem(new.activity_type, new.organisation_id) || '.'
            else 'The delivery mode ' || private.code_problem(new.delivery_mode, new.organisation_id) || '.'
        end,
        detail = v_column,
        hint = case
            when v_column in ('activity_type', 'delivery_mode')
                then 'A code says what was done, such as group_meeting, and never with whom. Nothing was saved.'
            else 'Nothing was saved. Correct it and send it again.'
        end;
end
$$;

comment on function private.tg_activities__refuse_impossible is
'Trigger function of activities: refuses what cannot have happened. Error: 22023, DETAIL the column.';
revoke all on function private.tg_activities__refuse_impossible from public, anon, authenticated, service_role;
