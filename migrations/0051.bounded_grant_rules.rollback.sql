set role peerledger_owner;

alter table public.grant_rules
drop constraint activity_types_are_at_most_200_codes,
drop constraint delivery_modes_are_at_most_200_codes;

reset role;
