-- Generated registrations of the same and of other meetings, against the definition written out plainly, row by row: what counts, and
-- which other registration stands for what does not.
begin;
select tests.make_two_organisations();
select tests.make_mentor('kari', 'north');
create temporary table number as
select number, abs(hashtext('meeting ' || number)) as hash from generate_series(1, 900) as number;
create function pg_temp.picked(choices text[], hash int, turn int) returns text language sql immutable
as $$ select choices[1 + (hash / turn) % cardinality(choices)] $$;
insert into public.activities (
    id, organisation_id, mentor_id, activity_type, occurred_on, duration_minutes, participant_count, delivery_mode, place, event_id,
    role, voided_at, created_at
)
select
    tests.id('activity', number::text), mentor.organisation_id, mentor.id,
    pg_temp.picked('{conversation,talk_group,activity_group,peer_course,gardening}', hash, 1),
    date '2024-05-01' + hash / 5 % 40,
    pg_temp.picked('{30,60,90}', hash, 7)::int, pg_temp.picked('{2,5}', hash, 11)::int,
    pg_temp.picked('{in_person,in_person,online}', hash, 13),
    pg_temp.picked(array['house', 'library', null], hash, 17),
    -- An event is of one day and type, but for a course.
    case
        when hash / 19 % 3 = 0
            then tests.id('event', format('%s %s', hash / 23 % 3, case when hash % 5 <> 3 then hash % 5 || ' ' || hash / 5 % 40 end))
    end,
    pg_temp.picked(array['leader', 'participant', null], hash, 29),
    case when hash / 31 % 12 = 0 then now() end,
    -- Some of the same moment: then the id decides.
    timestamptz '2024-08-01 12:00Z' + number / 2 * interval '1 minute'
from number
inner join public.peer_mentors as mentor
    on mentor.id = tests.id('mentor', pg_temp.picked('{olga,berit,kari,sara}', hash, 37));
-- Disputes: by the mentor, upheld by nobody yet.
update public.activities set coordinator_id = tests.id('user', 'nina')
where organisation_id = tests.id('organisation', 'north') and abs(hashtext(id::text)) % 20 = 0;
select public.dispute_proxy_activity(id, 'other')
from public.activities
where coordinator_id is not null and voided_at is null
order by id
limit 12;
select public.resolve_proxy_dispute(activity_id, 'rejected') from public.proxy_disputes order by activity_id limit 4;
-- What another organisation decided for itself.
select public.set_grant_rule(tests.id('organisation', 'south'), 'conversation_group', '2024-05-01', '{talk_group}', null, 1, 1);
insert into public.organisation_settings (organisation_id, grant_leader_counts) values (tests.id('organisation', 'south'), true);
-- One category is counted by the whole; another has a rule of the organisation's own, for some days.
select public.set_grant_rule(
    tests.id('organisation', 'north'), 'peer_course', '2024-05-01', '{peer_course}', null, 60, 1, counted_per => 'activity'
);
select public.set_grant_rule(tests.id('organisation', 'north'), 'activity_group', '2024-05-20', '{activity_group}', null, 90, 5);

create temporary table rules as
select one.activity_id, one.category, one.rule_id, one.is_counted, one.points, one.duplicate_of, array_remove(one.reasons, 'duplicate') as failures
from private.grant_activities(tests.id('organisation', 'north'), '2024-05-01', '2024-06-20') as one;
create temporary table judged as
select activity.*, rules.category, rules.failures, rules.is_counted, rules.points, rules.duplicate_of, rule.counted_per
from rules
inner join public.activities as activity on activity.id = rules.activity_id
left join public.grant_rules as rule on rule.id = rules.rule_id;
create index on judged (occurred_on);

-- The definition. What stands for a registration, among those of its meeting: one that fails nothing before one that does, then the
-- earlier one. A voided one, or one that no rule names, is of no meeting.
create function pg_temp.stands_for(asked judged) returns uuid
language sql
as $$
    select nullif(coalesce(
        case when asked.event_id is not null then (
            select other.id from judged as other
            where
                other.event_id = asked.event_id and other.activity_type = asked.activity_type and other.occurred_on = asked.occurred_on
                and other.voided_at is null
            order by cardinality(other.failures) > 0, other.created_at, other.id
            limit 1
        ) end,
        nullif((
            select other.id from judged as other
            where
                other.mentor_id = asked.mentor_id and other.activity_type = asked.activity_type and other.occurred_on = asked.occurred_on
                and other.place is not distinct from asked.place and other.voided_at is null
                and (
                    asked.category <> 'outreach_conversation'
                    or (other.duration_minutes, other.participant_count, other.delivery_mode)
                    = (asked.duration_minutes, asked.participant_count, asked.delivery_mode)
                )
            order by cardinality(other.failures) > 0, other.event_id is null, other.created_at, other.id
            limit 1
        ), asked.id),
        case when asked.category <> 'outreach_conversation' and asked.place is not null then (
            select other.id from judged as other
            where
                other.activity_type = asked.activity_type and other.occurred_on = asked.occurred_on and other.place = asked.place
                and (other.duration_minutes, other.participant_count) = (asked.duration_minutes, asked.participant_count)
                and other.voided_at is null
            order by cardinality(other.failures) > 0, other.event_id is null, other.created_at, other.id
            limit 1
        ) end
    ), asked.id)
    where asked.voided_at is null and asked.category is not null
$$;

select plan(8);
select is_empty(
    'select judged.id from judged where judged.duplicate_of is distinct from pg_temp.stands_for(judged)', 'each names what stands for it'
);
select is_empty(
    $$ select from judged where is_counted <> (cardinality(failures) = 0 and duplicate_of is null) $$, 'what fails nothing and has none counts'
);
select is_empty(
    $$
    select from judged
    where points <> case
        when not is_counted then 0
        when counted_per = 'activity' and event_id is not null and exists (
            select from judged as earlier
            where
                earlier.event_id = judged.event_id and earlier.category = judged.category and earlier.is_counted
                and (earlier.occurred_on, earlier.id) < (judged.occurred_on, judged.id)
        ) then 0
        else 1
    end
    $$,
    'each is a point, and of what is counted by the whole the first day is'
);
select is_empty(
    $$
    select activity_type, occurred_on, duration_minutes, role, failures from judged
    where
        'disputed' = any (failures) <> exists (
            select from public.proxy_disputes as dispute where dispute.activity_id = judged.id and dispute.outcome is null
        )
        or 'voided' = any (failures) <> (voided_at is not null)
        or 'no_category' = any (failures) <> (activity_type = 'gardening')
        -- The organisation's own rule holds from its first day on.
        or (activity_type = 'activity_group' and 'too_short' = any (failures))
        <> (activity_type = 'activity_group' and duration_minutes < case when occurred_on < '2024-05-20' then 45 else 90 end)
        or 'too_few_participants' = any (failures)
        <> (participant_count = 2 and activity_type in ('talk_group', 'activity_group'))
        or 'not_led_by_peer' = any (failures) 
        <> (role is not distinct from 'participant' and (activity_type = 'talk_group' or (activity_type = 'activity_group' and occurred_on < '2024-05-20')))
    $$,
    'what each fails by itself is what its rule of that day says'
);
-- Without these the comparison would show nothing.
select cmp_ok((select count(*)::int from judged where duplicate_of is not null and event_id is not null), '>', 20, 'some have an event and a duplicate');
select cmp_ok(
    (
        select count(*)::int from judged inner join judged as first on first.id = judged.duplicate_of
        where judged.event_id is null and first.mentor_id <> judged.mentor_id
    ), '>', 5, 'some are of one place and two mentors'
);
select cmp_ok((select count(*)::int from judged where is_counted and points = 0), '>', 3, 'some are of a whole that has its point');
select is_empty(
    $$ select from judged where organisation_id <> tests.id('organisation', 'north') $$, 'and nothing is another organisation''s'
);
select * from finish();
rollback;
