-- depends: 0046.grants 0050.bounded_texts
-- The lists of a grant rule are bounded as those of an organisation are; asked before the form of each code, which reads
-- the list as one text.
set role peerledger_owner;

alter table public.grant_rules
add constraint activity_types_are_at_most_200_codes check (private.are_activity_codes(activity_types)) not valid,
add constraint delivery_modes_are_at_most_200_codes check (private.are_activity_codes(delivery_modes)) not valid;

reset role;

do $$
begin
    alter table public.grant_rules validate constraint activity_types_are_at_most_200_codes;
    alter table public.grant_rules validate constraint delivery_modes_are_at_most_200_codes;
exception
    when check_violation then
        raise notice 'a rule from before has a list that is longer, or holds a run of five digits; it stays as it is';
end
$$;
