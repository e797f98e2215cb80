drop table public.peer_mentors;
drop table public.coordinator_assignments;
drop table public.chapters;
drop table public.organisation_settings;
drop table public.organisations;
drop function private.are_thresholds (int[]);
drop function private.is_time_zone (text);
drop type public.mentor_status;
