-- depends: 0047.explain_badges
-- How long somebody was visible who should not have been, seen from the portal's side: each reconciliation narrows the time between
-- the last moment at which they were seen listed and the first at which they were not.
set role peerledger_owner;

alter table public.hlf_removals
add column seen_listed_at timestamptz,
add column seen_gone_at timestamptz,
-- Removals of before nobody looked for: what a reconciliation sees today says nothing about then.
add column is_watched boolean not null default false,
add constraint seen_gone_is_after_seen_listed check (seen_gone_at >= seen_listed_at);
alter table public.hlf_removals alter column is_watched set default true;
comment on column public.hlf_removals.seen_listed_at is
'When a reconciliation last found the mentor listed after they should not have been; null: none did.';
comment on column public.hlf_removals.seen_gone_at is 'When a reconciliation first found the mentor not listed any more; null: none did yet.';
comment on column public.hlf_removals.is_watched is
'Whether reconciliations look for it: until the mentor is seen gone, or to be listed again.';
create index hlf_removals_watched on public.hlf_removals (mentor_id) where is_watched and seen_gone_at is null and cancelled_at is null;

create type public.hlf_exposure as (
    removals bigint,
    confirmed bigint,
    confirmed_median interval,
    confirmed_p95 interval,
    confirmed_worst interval,
    seen_gone bigint,
    at_least_worst interval,
    at_most_median interval,
    at_most_p95 interval,
    at_most_worst interval,
    widest_gap interval,
    still_listed bigint,
    not_seen bigint
);
comment on type public.hlf_exposure is
'How long mentors who should not be on the website were there, by our clock and by what reconciliations saw.';
comment on column public.hlf_exposure.removals is 'The removals wanted in the period, those not wanted any more left out.';
comment on column public.hlf_exposure.confirmed is 'Those that the website has confirmed: our clock, exact to the answer.';
comment on column public.hlf_exposure.confirmed_median is 'The median time to the confirmation.';
comment on column public.hlf_exposure.confirmed_p95 is 'The time within which 95 of 100 were confirmed.';
comment on column public.hlf_exposure.confirmed_worst is 'The longest time to a confirmation.';
comment on column public.hlf_exposure.seen_gone is 'Those that a reconciliation has seen gone: the portal''s clock.';
comment on column public.hlf_exposure.at_least_worst is 'The longest time after which somebody was still seen listed.';
comment on column public.hlf_exposure.at_most_median is 'The median time to the first reconciliation that saw them gone.';
comment on column public.hlf_exposure.at_most_p95 is 'The time within which 95 of 100 were seen gone.';
comment on column public.hlf_exposure.at_most_worst is 'The longest time to the first reconciliation that saw them gone.';
comment on column public.hlf_exposure.widest_gap is
'How exact the portal''s clock is at worst: from last seen listed, or when the removal was wanted, to first seen gone.';
comment on column public.hlf_exposure.still_listed is 'Those that the latest look found listed, and none has seen gone since.';
comment on column public.hlf_exposure.not_seen is 'Those of which no reconciliation has said anything yet.';

-- It says now when the listing began to be read.
drop function if exists public.reconcile_hlf_sync (jsonb, uuid []);

reset role;
