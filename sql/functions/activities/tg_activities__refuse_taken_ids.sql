-- A unique violation would say that somewhere there is an activity with that id. To be told so one must know the id
-- already, and that is 122 random bits; still it is answered without a word about whose it is, and noted.
create or replace function private.tg_activities__refuse_taken_ids()
returns trigger
language plpgsql
volatile
security definer -- looks for an activity that the caller may not see
set search_path = pg_catalog, pg_temp
as $$
begin
    if
        exists (
            select
            from public.activities as activity
            where
                activity.id = new.id
                and activity.organisation_id not in (select private.my_organisation_ids())
                and activity.mentor_id not in (select private.my_mentor_ids())
        )
    then
        raise log 'peerledger.security: % sent an activity with an id of an activity that is not theirs to see',
            coalesce(private.caller_id()::text, 'somebody');
        raise exception using
            errcode = '42501',
            message = 'This id cannot be used.',
            detail = 'id',
            hint = 'Leave it out, or choose another random one. Nothing was saved.';
    end if;
    return new;
end
$$;

comment on function private.tg_activities__refuse_taken_ids is
'Trigger function of activities: refuses an id that an activity out of the caller''s sight has, without a word about it.
Error: 42501, DETAIL id.';
revoke all on function private.tg_activities__refuse_taken_ids from public, anon, authenticated, service_role;
