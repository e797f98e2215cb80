-- depends: 0027.rest_api
-- What each column holds: the REST API shows it in its description (OpenAPI), and docs/data_model.md.
set role peerledger_owner;

-- Added in 0027 without looking; this lock lets writers work.
alter table public.hlf_sync_state validate constraint hlf_sync_state_mentor_id_organisation_id_fkey;

comment on column public.organisations.id is 'The organisation.';
comment on column public.organisations.slug is
'Its short name in commands and addresses: lower-case words joined by - or _.';
comment on column public.organisations.name is 'Its name as people read it.';
comment on column public.organisations.created_at is 'When it was added.';

comment on column public.organisation_settings.organisation_id is 'The organisation that these settings are of.';
comment on column public.organisation_settings.reminder_thresholds_days is
'How many days before expiry a mentor is reminded: positive, distinct, at most 3,650.';
comment on column public.organisation_settings.badges_enabled is
'Off: activities are registered and no badges are evaluated.';
comment on column public.organisation_settings.website_sync_enabled is 'Off: nothing is sent to the website.';
comment on column public.organisation_settings.sync_max_attempts is
'After so many failed attempts a mentor''s state is a dead letter.';
comment on column public.organisation_settings.quiet_until is
'Until here, by local clocks, messages wait; see quiet_from.';

comment on column public.chapters.id is 'The chapter.';
comment on column public.chapters.organisation_id is 'The organisation that it belongs to.';
comment on column public.chapters.name is 'Its name, unique within the organisation.';

comment on column public.coordinator_assignments.id is 'The assignment.';
comment on column public.coordinator_assignments.organisation_id is 'The organisation that is coordinated.';
comment on column public.coordinator_assignments.chapter_id is
'The chapter that is coordinated; null: the whole organisation.';
comment on column public.coordinator_assignments.user_id is 'The user who coordinates: sub of their claims.';
comment on column public.coordinator_assignments.created_at is 'When the assignment was given.';

comment on column public.peer_mentors.id is 'The mentor.';
comment on column public.peer_mentors.organisation_id is 'The organisation that the mentor belongs to.';
comment on column public.peer_mentors.chapter_id is
'The mentor''s chapter; null: none, and only coordinators of the whole organisation act for them.';
comment on column public.peer_mentors.user_id is 'The user that the mentor signs in as; null: no account.';
comment on column public.peer_mentors.display_name is 'The name as people read it. Personal.';
comment on column public.peer_mentors.email is 'E-mail address. Personal.';
comment on column public.peer_mentors.phone is 'Phone number. Personal.';
comment on column public.peer_mentors.status is
'active, paused, expired_cert or withdrawn. Changes through transition_mentor_status and renew_certification.';
comment on column public.peer_mentors.status_changed_at is 'When the status last changed. Stamped by the database.';
comment on column public.peer_mentors.dynamics_contact_id is
'The contact in Dynamics behind the public website; null: not known there.';
comment on column public.peer_mentors.created_at is 'When the mentor was added.';

comment on column public.activities.id is 'The activity. A client may choose it, so that sending it again is harmless.';
comment on column public.activities.organisation_id is 'The organisation of the mentor.';
comment on column public.activities.mentor_id is 'The mentor who did it.';
comment on column public.activities.activity_type is 'What was done, as a code of the organisation''s own.';
comment on column public.activities.occurred_on is 'The day on which it took place.';
comment on column public.activities.duration_minutes is 'How long it took, 1 to 1,440.';
comment on column public.activities.participant_count is 'How many took part, the mentor not counted.';
comment on column public.activities.delivery_mode is 'How they met, as a code: in_person, phone, video and so on.';
comment on column public.activities.voided_at is
'When it was taken back; it counts for nothing from then on. Null: it counts.';
comment on column public.activities.created_at is 'When it was registered. Stamped by the database.';
comment on column public.activities.updated_at is 'When it last changed. Stamped by the database.';

comment on column public.activity_notes.activity_id is 'The activity that the note is about; one note each.';
comment on column public.activity_notes.organisation_id is 'The organisation of the activity.';
comment on column public.activity_notes.body is 'The note. Personal.';

comment on column public.badge_definitions.id is 'The badge.';
comment on column public.badge_definitions.organisation_id is 'The organisation that awards it.';
comment on column public.badge_definitions.slug is 'Its short name, which the criteria of other badges may name.';
comment on column public.badge_definitions.name is 'Its name as people read it.';
comment on column public.badge_definitions.description is 'What it is for, as people read it.';
comment on column public.badge_definitions.criteria is
'What earns it: a tree of all, any and leaves with a metric. Refused with PL001 when invalid.';
comment on column public.badge_definitions.criteria_version is
'Rises by one with each change of criteria. Kept by the database.';
comment on column public.badge_definitions.is_active is
'Off: nobody is evaluated for it any more; who has it keeps it.';
comment on column public.badge_definitions.created_at is 'When it was defined.';
comment on column public.badge_definitions.updated_at is 'When it last changed. Stamped by the database.';

comment on column public.earned_badges.id is 'The award.';
comment on column public.earned_badges.organisation_id is 'The organisation of the mentor and of the badge.';
comment on column public.earned_badges.mentor_id is 'The mentor who earned it.';
comment on column public.earned_badges.badge_definition_id is 'The badge.';
comment on column public.earned_badges.criteria_version is 'The version of the criteria that were met.';
comment on column public.earned_badges.earned_at is 'When it was awarded.';
comment on column public.earned_badges.revoked_at is 'When it was taken away; null: the mentor has it.';
comment on column public.earned_badges.revoked_by is 'The user id of the coordinator who took it away.';
comment on column public.earned_badges.revoke_reason is 'Why, in the words of the coordinator.';

comment on column public.badge_evaluation_logs.id is 'The entry.';
comment on column public.badge_evaluation_logs.peer_mentor_id is 'The mentor who was evaluated.';
comment on column public.badge_evaluation_logs.org_id is 'The organisation of the mentor.';
comment on column public.badge_evaluation_logs.triggered_at is 'When the evaluation was made.';
comment on column public.badge_evaluation_logs.badges_evaluated is
'The ids of all definitions that were checked, earned ones included.';
comment on column public.badge_evaluation_logs.criteria_outcomes is
'For each of them whether its criteria are met: {badge id: boolean}.';
comment on column public.badge_evaluation_logs.badges_awarded is 'The ids of the badges that this evaluation awarded.';
comment on column public.badge_evaluation_logs.error_message is
'Why it failed, as a sentence of the catalogue; null: it did not.';
comment on column public.badge_evaluation_logs.duration_ms is 'How long it took, at least 1.';
comment on column public.badge_evaluation_logs.activity_ids is 'The activities that gave rise to it.';
comment on column public.badge_evaluation_logs.source is 'activity_insert, activity_update, reconciliation or manual.';

comment on column public.notifications.id is 'The message.';
comment on column public.notifications.organisation_id is 'The organisation that it comes from.';
comment on column public.notifications.recipient_user_id is
'The user who gets it; null: the mentor, however they can be reached.';
comment on column public.notifications.recipient_mentor_id is
'The mentor who gets it; null: a user who need not be one.';
comment on column public.notifications.kind is
'What it is about: badge_awarded, certification_reminder, status_changed and so on.';
comment on column public.notifications.dedupe_key is 'The same key is the same message: it is written once.';
comment on column public.notifications.state is 'pending, in_progress, sent or dead_lettered.';
comment on column public.notifications.attempts is 'How often delivery was tried.';
comment on column public.notifications.sent_at is 'When it was delivered; null: not yet.';
comment on column public.notifications.last_error is 'Why the last attempt failed, as a sentence of the catalogue.';
comment on column public.notifications.created_at is 'When it was written.';
comment on column public.notifications.leased_by is 'The worker that is delivering it; null: none.';
comment on column public.notifications.lease_expires_at is 'Until when that worker holds it.';
comment on column public.notifications.digest_on is 'The day of the digest that it is part of.';

comment on column public.ops_alerts.id is 'The alert.';
comment on column public.ops_alerts.organisation_id is 'The organisation that it concerns; null: the operators alone.';
comment on column public.ops_alerts.kind is 'What happened, as a code.';
comment on column public.ops_alerts.severity is 'info, warning or critical.';
comment on column public.ops_alerts.message is 'What happened and what to do, as a sentence.';
comment on column public.ops_alerts.details is 'Ids, codes, numbers and dates that say more.';
comment on column public.ops_alerts.dedupe_key is 'The same key is the same problem: one open alert.';
comment on column public.ops_alerts.raised_at is 'When it was raised.';
comment on column public.ops_alerts.acknowledged_at is 'When somebody took care of it; null: it is open.';

comment on column public.certifications.id is 'The certificate.';
comment on column public.certifications.organisation_id is 'The organisation of the mentor.';
comment on column public.certifications.mentor_id is 'The mentor who holds it.';
comment on column public.certifications.issued_on is 'The day on which it was issued.';
comment on column public.certifications.expires_on is
'The last day on which it is valid, in the organisation''s time zone.';
comment on column public.certifications.created_at is 'When it was entered.';

comment on column public.certification_expiry_runs.run_id is 'The run.';
comment on column public.certification_expiry_runs.as_of is 'The date that it was for.';
comment on column public.certification_expiry_runs.started_at is 'When it began.';
comment on column public.certification_expiry_runs.finished_at is 'When it ended; null unless it succeeded.';
comment on column public.certification_expiry_runs.status is 'running, succeeded or crashed.';
comment on column public.certification_expiry_runs.total_transitioned is
'Mentors of all organisations whose status it changed.';
comment on column public.certification_expiry_runs.total_reminders_sent is
'Reminders that it handed over, of all organisations.';
comment on column public.certification_expiry_runs.total_failures is
'Mentors of all organisations that it could not handle.';
comment on column public.certification_expiry_runs.note is 'What was out of the ordinary, if anything.';

comment on column public.cert_expiry_reminders.id is 'The reminder.';
comment on column public.cert_expiry_reminders.organisation_id is 'The organisation of the mentor.';
comment on column public.cert_expiry_reminders.mentor_id is 'The mentor who was reminded.';
comment on column public.cert_expiry_reminders.certification_id is 'The certificate that was about to expire.';
comment on column public.cert_expiry_reminders.threshold_day is 'The days before expiry that it was for.';
comment on column public.cert_expiry_reminders.certification_expiry_date is 'The date of expiry that it named.';
comment on column public.cert_expiry_reminders.run_id is 'The run that sent it; null: another system.';
comment on column public.cert_expiry_reminders.sent_at is 'When it was handed to the outbox.';

comment on column public.certification_expiry_audit_log.id is 'The entry.';
comment on column public.certification_expiry_audit_log.run_id is 'The run that wrote it.';
comment on column public.certification_expiry_audit_log.mentor_id is 'The mentor that it speaks of.';
comment on column public.certification_expiry_audit_log.certification_id is 'The certificate that governed.';
comment on column public.certification_expiry_audit_log.event_type is
'status_transitioned, reminder_dispatched, transition_failed or reminder_failed.';
comment on column public.certification_expiry_audit_log.old_status is 'The status before; null for a reminder.';
comment on column public.certification_expiry_audit_log.new_status is 'The status after; null for a reminder.';
comment on column public.certification_expiry_audit_log.threshold_days is
'The days before expiry that the reminder was for; null for a change of status.';
comment on column public.certification_expiry_audit_log."timestamp" is 'When it happened.';
comment on column public.certification_expiry_audit_log.error_message is
'Why it failed, as a sentence of the catalogue; null: it did not.';
comment on column public.certification_expiry_audit_log.organisation_id is 'The organisation of the mentor.';

comment on column public.mentor_status_changes.id is 'The entry.';
comment on column public.mentor_status_changes.organisation_id is 'The organisation of the mentor.';
comment on column public.mentor_status_changes.mentor_id is 'The mentor whose status changed.';
comment on column public.mentor_status_changes.old_status is 'The status before.';
comment on column public.mentor_status_changes.new_status is 'The status after.';
comment on column public.mentor_status_changes.changed_at is 'When it changed.';
comment on column public.mentor_status_changes.run_id is 'The expiry run that changed it; null: another cause.';

comment on column public.proxy_audit_log.id is 'The entry.';
comment on column public.proxy_audit_log.proxy_activity_id is 'The activity that it speaks of; it may be gone by now.';
comment on column public.proxy_audit_log.event_type is 'created, bulk_created or updated.';
comment on column public.proxy_audit_log.attributed_mentor_id is 'The mentor for whom it was registered.';
comment on column public.proxy_audit_log."timestamp" is 'When the entry was written, by the clock of the database.';
comment on column public.proxy_audit_log.payload_snapshot is 'The whole record of the activity after the change.';
comment on column public.proxy_audit_log.organisation_id is 'The organisation of the activity.';

comment on column public.hlf_sync_state.mentor_id is 'The mentor; one row each.';
comment on column public.hlf_sync_state.organisation_id is 'The organisation of the mentor.';
comment on column public.hlf_sync_state.operation is 'What the website should do: remove or restore.';
comment on column public.hlf_sync_state.state is 'pending, in_progress, synced or dead_lettered.';
comment on column public.hlf_sync_state.next_attempt_at is 'When the next attempt is due.';
comment on column public.hlf_sync_state.leased_by is 'The worker that is sending it; null: none.';
comment on column public.hlf_sync_state.lease_expires_at is 'Until when that worker holds it.';
comment on column public.hlf_sync_state.triggered_by_event is
'Why it is wanted: status_change:<status>, manual_coordinator_requeue or reconciliation.';
comment on column public.hlf_sync_state.last_error is 'Why the last attempt failed, as a sentence of the catalogue.';
comment on column public.hlf_sync_state.updated_at is 'When the row last changed.';
comment on column public.hlf_sync_state.claimed_operation is 'The operation that the holder of the lease was given.';
comment on column public.hlf_sync_state.claimed_event is 'The event that the holder of the lease was given.';

comment on column public.hlf_sync_pauses.organisation_id is 'The organisation whose sync is paused.';
comment on column public.hlf_sync_pauses.reason is
'Why: credentials_refused, operator and so on; each reason ends by itself.';
comment on column public.hlf_sync_pauses.paused_at is 'Since when.';

comment on column public.hlf_removals.id is 'The removal.';
comment on column public.hlf_removals.organisation_id is 'The organisation of the mentor.';
comment on column public.hlf_removals.mentor_id is 'The mentor who should not be on the website.';
comment on column public.hlf_removals.wanted_at is 'Since when.';
comment on column public.hlf_removals.confirmed_at is 'When the website confirmed it; null: not yet.';

comment on column public.hlf_sync_audit_log.id is 'The entry.';
comment on column public.hlf_sync_audit_log.organisation_id is 'The organisation of the mentor.';
comment on column public.hlf_sync_audit_log.mentor_id is 'The mentor that the attempt was about.';
comment on column public.hlf_sync_audit_log.operation is 'What was asked of the website: remove or restore.';
comment on column public.hlf_sync_audit_log.dynamics_response_code is
'The HTTP status of the answer; null: there was none.';
comment on column public.hlf_sync_audit_log.retry_count is
'Attempts before this one; of a dead letter, the number of all attempts.';
comment on column public.hlf_sync_audit_log.outcome is 'success, failure or dead_lettered.';
comment on column public.hlf_sync_audit_log.error_message is
'Why it failed, as a sentence of the catalogue; null: it did not.';
comment on column public.hlf_sync_audit_log.triggered_by_event is
'Why it was wanted: status_change:<status>, manual_coordinator_requeue or reconciliation.';
comment on column public.hlf_sync_audit_log.created_at is 'When the entry was written.';

comment on column public.legal_holds.id is 'The hold.';
comment on column public.legal_holds.organisation_id is 'The organisation whose logs are held.';
comment on column public.legal_holds.case_reference is 'The case that it is for, as a code.';
comment on column public.legal_holds.set_by is 'The user id of who set it; null: the service role.';
comment on column public.legal_holds.set_at is 'When it was set.';
comment on column public.legal_holds.lifted_by is 'The user id of who lifted it; null: the service role, or it holds.';
comment on column public.legal_holds.lifted_at is 'When it was lifted; null: it holds.';

comment on column public.security_events.id is 'The entry.';
comment on column public.security_events.occurred_at is 'When it happened.';
comment on column public.security_events.event_kind is
'What happened, as a code: log_change_refused, log_archived and so on.';
comment on column public.security_events.organisation_id is
'The organisation that it concerns; null: none in particular.';
comment on column public.security_events.table_name is 'The table that it was about.';
comment on column public.security_events.statement_kind is 'The kind of statement: UPDATE, DELETE, TRUNCATE and so on.';

comment on column public.device_tokens.id is 'The device.';
comment on column public.device_tokens.user_id is 'The user who is signed in on it.';
comment on column public.device_tokens.token is 'The address of the device for push messages. A secret.';
comment on column public.device_tokens.platform is 'android, ios or web.';
comment on column public.device_tokens.created_at is 'When it was first registered.';
comment on column public.device_tokens.last_seen_at is 'When the app last registered it.';

comment on column public.job_runs.id is 'The entry of the ledger.';
comment on column public.job_runs.organisation_id is 'The organisation; null: all together.';
comment on column public.job_runs.job is 'The step of the night.';
comment on column public.job_runs.business_date is 'The date that it was for.';
comment on column public.job_runs.state is 'running, ran, caught_up, failed or skipped.';
comment on column public.job_runs.reason is 'Why it failed or was skipped, as a sentence.';
comment on column public.job_runs.attempts is 'How often it was begun.';
comment on column public.job_runs.started_at is 'When the last attempt began.';
comment on column public.job_runs.finished_at is 'When it ended; null: it is running.';
comment on column public.job_runs.details is 'Its numbers: of the organisation, or of all on the row without one.';

reset role;
