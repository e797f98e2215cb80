-- depends: 0064.who_was_evaluated
-- Every foreign key to a mentor asks for (organisation_id, id). While statistics call the table empty all indexes cost the same, and
-- one that begins with the organisation was taken as readily as the key: each row that refers to a mentor read all mentors
-- of the organisation.
set role peerledger_owner;

drop index public.peer_mentors_chapter;
create index peer_mentors_of_chapter on public.peer_mentors (chapter_id);

reset role;
