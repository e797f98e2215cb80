set role peerledger_owner;
drop type public.grant_difference;
drop type public.grant_summary;
drop type public.grant_activity;
drop table private.grant_year_activities;
drop table public.grant_years;
drop table public.grant_rules;
alter table public.organisation_settings drop column grant_leader_counts;
alter table public.activities
drop column event_id,
drop column place,
drop column role;
reset role;
