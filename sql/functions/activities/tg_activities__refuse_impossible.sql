-- Called only for what is impossible by itself: the triggers' WHEN says what that is.
create or replace function private.tg_activities__refuse_impossible()
returns trigger
language plpgsql
volatile
security definer -- looks for an activity that the caller may not see
set search_path = pg_catalog, pg_temp
as $$
declare
    v_column text := case
        when new.occurred_on < '1970-01-01' or new.occurred_on > (now() at time zone 'Etc/GMT-14')::date then 'occurred_on'
        when new.duration_minutes > 1440 then 'duration_minutes'
        when new.participant_count > 10000 then 'participant_count'
        when new.activity_type ~ '^[^A-Za-zÆØÅæøå]|[0-9]{5}' then 'activity_type'
        else 'delivery_mode'
    end;
begin
    -- An upsert of a row that is there: then it is what the update changes that counts.
    if tg_op = 'INSERT' and exists (select from public.activities as known where known.id = new.id) then
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
            when 'activity_type' then 'The activity type must begin with a letter and hold no run of five digits.'
            else 'The delivery mode must begin with a letter and hold no run of five digits.'
        end,
        detail = v_column,
        hint = 'Nothing was saved. Correct it and send it again.';
end
$$;

comment on function private.tg_activities__refuse_impossible is
'Trigger function of activities: refuses what cannot have happened. Error: 22023, DETAIL the column.';
revoke all on function private.tg_activities__refuse_impossible from public, anon, authenticated, service_role;
