-- depends: 0066.mentors_by_key
-- What was reached long ago is no reason to look again at each activity of today: headroom tells activities that come later than all
-- before from those that come in any order, for each number that is asked.
set role peerledger_owner;

-- The one answers now, the other says more; their types change with that.
drop function if exists private.resolve_uncertain_measures (private.raised_measures []);
drop function if exists private.exact_measures (private.measure_request []);

-- Worked out anew with the mentor's next activity.
update private.mentor_measures
set headroom = null
where headroom is not null;

comment on column private.mentor_measures.headroom is
'By kind of activity (type/mode), for any order and for activities on latest_on or later: how many activities, minutes and '
'participants can be added since the measures were computed before any outcome can change; how many activities before a streak '
'can change one, and up to which day any number of them. Null: not known.';
comment on column private.mentor_measures.added_late is
'One of them was earlier than latest_on, and may have joined two streaks.';
comment on column private.mentor_measures.latest_on is
'The latest day with an activity when the measures were computed.';

reset role;
