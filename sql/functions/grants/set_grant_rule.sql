-- Definer: writes rules, which no coordinator may; the caller is checked first.
create or replace function public.set_grant_rule(
    org_id uuid,
    category text,
    valid_from date,
    activity_types text[],
    delivery_modes text[] default null,
    min_minutes int default 1,
    min_participants int default 1,
    must_be_led_by_peer boolean default false,
    must_be_in_norway boolean default false,
    counted_per text default 'day'
)
returns public.grant_rules
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_code constant text := '^[A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9_-]{0,59}$';
    v_fault text;
    v_last_closed int;
    v_rule public.grant_rules;
begin
    perform private.require_whole_organisation(set_grant_rule.org_id);
    v_fault := case
        when
            not coalesce(
                set_grant_rule.category
                = any (array['outreach_conversation', 'conversation_group', 'activity_group', 'peer_course']), false
            )
            then 'category'
        when not coalesce(set_grant_rule.valid_from between '1970-01-01' and '2199-12-31', false) then 'valid_from'
        when
            not coalesce(cardinality(set_grant_rule.activity_types) between 1 and 200, false)
            or exists (select from unnest(set_grant_rule.activity_types) as code where not coalesce(code ~ c_code, false))
            then 'activity_types'
        when
            cardinality(set_grant_rule.delivery_modes) not between 1 and 50
            or exists (select from unnest(set_grant_rule.delivery_modes) as code where not coalesce(code ~ c_code, false))
            then 'delivery_modes'
        when not coalesce(set_grant_rule.min_minutes between 0 and 1440, false) then 'min_minutes'
        when not coalesce(set_grant_rule.min_participants between 0 and 10000, false) then 'min_participants'
        when set_grant_rule.must_be_led_by_peer is null then 'must_be_led_by_peer'
        when set_grant_rule.must_be_in_norway is null then 'must_be_in_norway'
        when not coalesce(set_grant_rule.counted_per = any (array['day', 'activity']), false) then 'counted_per'
    end;
    if v_fault is not null then
        raise exception using
            errcode = '22023',
            message = format('%s is not what a grant rule can have.', v_fault),
            detail = v_fault,
            hint = 'Categories, codes and limits are described in docs/grants.md.';
    end if;

    -- One after the other, also with the check of the types.
    perform pg_advisory_xact_lock(hashtextextended('peerledger grant_rules ' || set_grant_rule.org_id, 0));
    v_last_closed := (
        select max(closed.year) from public.grant_years as closed where closed.organisation_id = set_grant_rule.org_id
    );
    if set_grant_rule.valid_from <= make_date(v_last_closed, 12, 31) then
        raise exception using
            errcode = '22023',
            message = format('The year %s is closed: a rule cannot begin before its end.', v_last_closed),
            detail = 'valid_from',
            hint = format('Let it begin on %s or later.', make_date(v_last_closed, 12, 31) + 1);
    end if;
    if exists (
        select
        from public.grant_rules as later
        where
            later.organisation_id = set_grant_rule.org_id
            and later.category = set_grant_rule.category
            and later.valid_from > set_grant_rule.valid_from
    ) then
        raise exception using
            errcode = '22023',
            message = 'There is a rule of this category that begins later.',
            detail = 'valid_from',
            hint = 'Rules follow one another: let this one begin after it.';
    end if;

    -- One of the same day is a correction of that day's; it has counted nothing that was closed.
    delete from public.grant_rules as rule
    where
        rule.organisation_id = set_grant_rule.org_id
        and rule.category = set_grant_rule.category
        and rule.valid_from = set_grant_rule.valid_from;
    update public.grant_rules as rule
    set valid_to = set_grant_rule.valid_from - 1
    where
        rule.organisation_id = set_grant_rule.org_id
        and rule.category = set_grant_rule.category
        and coalesce(rule.valid_to >= set_grant_rule.valid_from, true);

    insert into public.grant_rules as rule (
        organisation_id, category, valid_from, activity_types, delivery_modes, min_minutes, min_participants,
        must_be_led_by_peer, must_be_in_norway, counted_per
    )
    values (
        set_grant_rule.org_id, set_grant_rule.category, set_grant_rule.valid_from, set_grant_rule.activity_types,
        set_grant_rule.delivery_modes, set_grant_rule.min_minutes, set_grant_rule.min_participants,
        set_grant_rule.must_be_led_by_peer, set_grant_rule.must_be_in_norway, set_grant_rule.counted_per
    )
    returning rule.* into v_rule;
    return v_rule;
end
$$;

comment on function public.set_grant_rule is
'Sets by what an organisation''s activities of a category are counted from a day on, instead of the published rule.
The organisation''s rule before it ends the day before; what was counted by that one stays so. A rule of the same day is replaced. Callable by
coordinators of the whole organisation and service_role. Errors: PT404, 42501, 22023 (DETAIL names the argument; also for a day in a closed year, and for
a type of activity that another rule of the organisation has).';
revoke all on function public.set_grant_rule from public, anon, authenticated, service_role;
grant execute on function public.set_grant_rule to authenticated, service_role;
