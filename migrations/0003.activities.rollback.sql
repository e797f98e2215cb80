drop table public.activity_notes;
drop table public.activities;
