set role peerledger_owner;
drop index public.peer_mentors_of_chapter;
create index peer_mentors_chapter on public.peer_mentors (organisation_id, chapter_id);
reset role;
