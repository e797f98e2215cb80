-- Two rows, one person: everything that the duplicate did and holds becomes the other's, and each moved row is on record by the
-- triggers of its table. In this order, because each step reads what the one before wrote:
--   the locks                   rows of both mentors in id order, then their badge evaluation
--   contacts, user, start       before the statuses, so that the website never loses a contact that both share
--   certificates, reminders
--   badges                      what the kept mentor has already stays as it is, also if it was revoked
--   activities                  whose trigger evaluates the kept mentor's badges with all of them; then what was disputed
--   messages not yet sent
--   the duplicate is withdrawn  which takes it off the website, and the kept one's status follows the certificates
-- Definer: writes what no caller may; the caller is checked first.
create or replace function public.merge_mentors(
    duplicate_id uuid,
    keep_id uuid
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_duplicate public.peer_mentors;
    v_keep public.peer_mentors;
    v_activities bigint;
    v_certifications bigint;
    v_badges bigint;
begin
    if merge_mentors.duplicate_id = merge_mentors.keep_id then
        raise exception using
            errcode = '22023',
            message = 'A mentor cannot be merged with themselves.',
            detail = 'keep_id',
            hint = 'duplicate_id is the row that goes, keep_id the one that stays.';
    end if;
    if merge_mentors.duplicate_id < merge_mentors.keep_id then
        v_duplicate := private.lock_mentor_in_scope(merge_mentors.duplicate_id);
        v_keep := private.lock_mentor_in_scope(merge_mentors.keep_id);
    else
        v_keep := private.lock_mentor_in_scope(merge_mentors.keep_id);
        v_duplicate := private.lock_mentor_in_scope(merge_mentors.duplicate_id);
    end if;
    perform private.require_whole_organisation(v_duplicate.organisation_id);
    perform private.require_somebody_else(v_duplicate.id);
    perform private.require_somebody_else(v_keep.id);

    if v_duplicate.organisation_id <> v_keep.organisation_id then
        raise exception using
            errcode = '22023',
            message = 'The two mentors belong to different organisations.',
            detail = 'keep_id',
            hint = 'A person may be a mentor in two organisations; those are two mentors and stay so.';
    end if;
    if v_keep.merged_into is not null or coalesce(v_duplicate.merged_into <> v_keep.id, false) then
        raise exception using
            errcode = '22023',
            message = case
                when v_keep.merged_into is not null
                    then format('The mentor to keep was merged into %s already.', v_keep.merged_into)
                else format('The duplicate was merged into %s already.', v_duplicate.merged_into)
            end,
            detail = case when v_keep.merged_into is not null then 'keep_id' else 'duplicate_id' end,
            hint = 'Merge into the mentor that is named here.';
    end if;
    if v_keep.status = 'withdrawn' then
        raise exception using
            errcode = '22023',
            message = 'The mentor to keep is withdrawn.',
            detail = 'keep_id',
            hint = 'Keep the other one, or bring this one back first: transition_mentor_status(mentor_id, ''paused'').';
    end if;

    perform private.lock_mentor_measures(array[v_duplicate.id, v_keep.id]);

    update public.peer_mentors as mentor
    set user_id = null
    where mentor.id = v_duplicate.id and v_keep.user_id is null;
    update public.peer_mentors as mentor
    set
        user_id = coalesce(mentor.user_id, v_duplicate.user_id),
        email = coalesce(mentor.email, v_duplicate.email),
        phone = coalesce(mentor.phone, v_duplicate.phone),
        dynamics_contact_id = coalesce(mentor.dynamics_contact_id, v_duplicate.dynamics_contact_id),
        created_at = least(mentor.created_at, v_duplicate.created_at)
    where mentor.id = v_keep.id;

    update public.certifications as certificate
    set mentor_id = v_keep.id
    where certificate.mentor_id = v_duplicate.id;
    get diagnostics v_certifications = row_count;

    update public.cert_expiry_reminders as reminder
    set mentor_id = v_keep.id
    where
        reminder.mentor_id = v_duplicate.id
        and not exists (
            select
            from public.cert_expiry_reminders as known
            where
                known.mentor_id = v_keep.id
                and known.threshold_day = reminder.threshold_day
                and known.certification_expiry_date = reminder.certification_expiry_date
        );

    update public.earned_badges as earned
    set mentor_id = v_keep.id
    where
        earned.mentor_id = v_duplicate.id
        and not exists (
            select
            from public.earned_badges as held
            where held.mentor_id = v_keep.id and held.badge_definition_id = earned.badge_definition_id
        );
    get diagnostics v_badges = row_count;

    -- For the trigger that tells who was spoken for; as an attribute of this function only a superuser could set it.
    perform set_config('peerledger.registering', 'merge', true);
    update public.activities as activity
    set mentor_id = v_keep.id
    where activity.mentor_id = v_duplicate.id;
    get diagnostics v_activities = row_count;
    perform set_config('peerledger.registering', '', true);

    update public.proxy_disputes as dispute
    set mentor_id = v_keep.id
    where dispute.organisation_id = v_keep.organisation_id and dispute.mentor_id = v_duplicate.id;

    update public.notifications as notification
    set recipient_mentor_id = v_keep.id
    where notification.recipient_mentor_id = v_duplicate.id and notification.state in ('pending', 'in_progress');

    update public.peer_mentors as mentor
    set merged_into = v_keep.id
    where mentor.id = v_duplicate.id and mentor.merged_into is null;
    if v_duplicate.status <> 'withdrawn' then
        perform private.set_mentor_status(array[v_duplicate.id], 'withdrawn', 'merge');
    end if;
    perform private.apply_governing_certification(v_keep.id, 'merge');

    return jsonb_build_object(
        'duplicate_id', v_duplicate.id,
        'keep_id', v_keep.id,
        'moved', jsonb_build_object(
            'activities', v_activities, 'certifications', v_certifications, 'earned_badges', v_badges
        ),
        -- Two users for one person: the duplicate's sees nothing any more.
        'other_user_id', case when v_keep.user_id is not null then nullif(v_duplicate.user_id, v_keep.user_id) end
    );
end
$$;

comment on function public.merge_mentors is
'Joins a duplicate to the mentor it is: activities, certificates and badges go over, the duplicate is withdrawn and points to the other.
Contact data, user and website contact fill what the kept mentor lacks, and tenure counts from the earlier start. A badge that both hold stays as
the kept mentor has it. A second time nothing is moved. Returns what was moved, and the user of the duplicate when the kept mentor has another.
Callable by coordinators of the whole organisation, not for themselves, and service_role. Errors: PT404, 42501, 22023 (DETAIL names the
argument; also when a day would hold more than 24 hours: void what was registered twice, then merge again).';
revoke all on function public.merge_mentors from public, anon, authenticated, service_role;
grant execute on function public.merge_mentors to authenticated, service_role;
