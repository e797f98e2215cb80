set role peerledger_owner;

drop function if exists private.resolve_uncertain_measures (private.raised_measures []);
drop function if exists private.exact_measures (private.measure_request []);

update private.mentor_measures
set headroom = null
where headroom is not null;

comment on column private.mentor_measures.headroom is
'By kind of activity (type/mode): how many activities in any order, how many each later than all before, how many minutes and '
'participants can be added since the measures were computed before any outcome can change. Null: not known.';
comment on column private.mentor_measures.added_late is
'One of them was earlier than another activity of the mentor, and may have joined two streaks.';
comment on column private.mentor_measures.latest_on is null;

reset role;
