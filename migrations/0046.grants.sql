-- depends: 0045.disputes
-- What the state pays for: by which rules activities are counted, what an organisation knows of a meeting beyond what counts for
-- badges, and the lists of years that are closed.
set role peerledger_owner;

-- Nullable and without a default: every row there is stays as it is. NOT VALID, so that a table of millions is not read
-- under its lock; all that is there is null, and every row from now on is checked.
alter table public.activities
add column event_id uuid,
add column place text,
add column role text;
alter table public.activities
add constraint place_is_a_code check (place ~ '^[A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9_-]{0,59}$' and place !~ '[0-9]{5}') not valid,
add constraint role_is_known check (role in ('leader', 'co_leader', 'participant')) not valid;
comment on column public.activities.event_id is
'The meeting that it was, given by the app: the same for all who register it. Null: not known.';
comment on column public.activities.place is
'Where it took place, as a code of the organisation; abroad, or abroad_ and more, is outside Norway. Null: not recorded.';
comment on column public.activities.role is
'What the mentor was there: leader, co_leader or participant. Null: not recorded.';

alter table public.organisation_settings add column grant_leader_counts boolean not null default false;
comment on column public.organisation_settings.grant_leader_counts is
'Whether the peer who leads a group counts towards its least number of participants, for grants. By default they do not.';

create table public.grant_rules (
    id uuid primary key default gen_random_uuid(),
    organisation_id uuid references public.organisations (id),
    category text not null,
    valid_from date not null,
    valid_to date,
    activity_types text[] not null,
    delivery_modes text[],
    min_minutes int not null default 1,
    min_participants int not null default 1,
    must_be_led_by_peer boolean not null default false,
    must_be_in_norway boolean not null default false,
    counted_per text not null default 'day',
    created_at timestamptz not null default now(),
    unique (organisation_id, id),
    constraint category_is_known check (
        category in ('outreach_conversation', 'conversation_group', 'activity_group', 'peer_course')
    ),
    constraint valid_from_is_plausible check (valid_from between '1970-01-01' and '2199-12-31'),
    constraint valid_to_is_not_before_valid_from check (valid_to >= valid_from),
    -- As one text, since a CHECK cannot look at each; a null becomes "?", and a blank within makes one more.
    constraint activity_types_are_codes check (
        array_to_string(activity_types, ' ', '?') ~ '^[A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9_-]{0,59}( [A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9_-]{0,59})*$'
        and cardinality(string_to_array(array_to_string(activity_types, ' ', '?'), ' ')) = cardinality(activity_types)
    ),
    constraint delivery_modes_are_codes check (
        array_to_string(delivery_modes, ' ', '?') ~ '^[A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9_-]{0,59}( [A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9_-]{0,59})*$'
        and cardinality(string_to_array(array_to_string(delivery_modes, ' ', '?'), ' ')) = cardinality(delivery_modes)
    ),
    constraint min_minutes_is_within_a_day check (min_minutes between 0 and 1440),
    constraint min_participants_is_plausible check (min_participants between 0 and 10000),
    constraint counted_per_is_known check (counted_per in ('day', 'activity'))
);
comment on table public.grant_rules is
'What counts for the state''s grant, by category and date: the published rules, and an organisation''s own instead of them.';
comment on column public.grant_rules.id is 'The id of the rule.';
comment on column public.grant_rules.organisation_id is 'Whose rule it is; null: the published rule, for everybody without one of their own.';
comment on column public.grant_rules.category is 'outreach_conversation, conversation_group, activity_group or peer_course.';
comment on column public.grant_rules.valid_from is 'The first day of activities that are counted by it.';
comment on column public.grant_rules.valid_to is 'The last day of them; null: until further notice.';
comment on column public.grant_rules.activity_types is 'The types of activity that are of this category.';
comment on column public.grant_rules.delivery_modes is 'The delivery modes that count; null: any.';
comment on column public.grant_rules.min_minutes is 'How long it must be at least.';
comment on column public.grant_rules.min_participants is
'How many participants it must have at least; organisation_settings.grant_leader_counts says whether its leader is one.';
comment on column public.grant_rules.must_be_led_by_peer is 'Whether one at which the mentor only took part (role) does not count.';
comment on column public.grant_rules.must_be_in_norway is 'Whether one abroad (place) does not count.';
comment on column public.grant_rules.counted_per is
'day: a point for each day on which it takes place; activity: one point for all days of the same event_id together.';
comment on column public.grant_rules.created_at is 'When the rule was written down.';
create index grant_rules_organisation on public.grant_rules (organisation_id, category, valid_from);

-- The published rules. The types are those that organisations use, each category's own name first; what is not in person is
-- listed too, so that the reason says so.
insert into public.grant_rules (
    id, category, valid_from, activity_types, delivery_modes, min_minutes, min_participants, must_be_led_by_peer, must_be_in_norway
)
values
(
    'b0c7a5de-0001-4000-8000-000000000001', 'outreach_conversation', '1970-01-01',
    '{outreach_conversation,conversation,one_to_one,visit,home_visit,hospital_visit,phone_call,online_chat,samtale,besøk,sykehusbesøk,telefonsamtale}',
    '{in_person}', 1, 1, false, false
),
(
    'b0c7a5de-0001-4000-8000-000000000002', 'conversation_group', '1970-01-01',
    '{conversation_group,talk_group,group_meeting,samtalegruppe,gruppemøte}', null, 45, 3, true, false
),
(
    'b0c7a5de-0001-4000-8000-000000000003', 'activity_group', '1970-01-01',
    '{activity_group,group_activity,walking_group,exercise_group,aktivitetsgruppe,turgruppe,treningsgruppe}', null, 45, 3, true, false
),
(
    'b0c7a5de-0001-4000-8000-000000000004', 'peer_course', '1970-01-01',
    '{peer_course,course,course_day,likepersonkurs,kurs,kursdag}', null, 90, 1, false, true
);

create table public.grant_years (
    organisation_id uuid not null references public.organisations (id),
    year int not null,
    closed_at timestamptz not null default clock_timestamp(),
    closed_by uuid,
    activities bigint not null,
    counted bigint not null,
    points bigint not null,
    sha256 text not null,
    primary key (organisation_id, year),
    constraint year_is_plausible check (year between 1970 and 2199),
    constraint sha256_is_a_hash check (sha256 ~ '^[0-9a-f]{64}$')
);
comment on table public.grant_years is
'The years that an organisation has closed: what was counted then, and the sha256 of the list. The same is in administrative_changes.';
comment on column public.grant_years.organisation_id is 'The organisation.';
comment on column public.grant_years.year is 'The year.';
comment on column public.grant_years.closed_at is 'When it was closed, by the clock of the database.';
comment on column public.grant_years.closed_by is 'The user id of the coordinator who closed it; null for work without a user.';
comment on column public.grant_years.activities is 'How many activities the list has, counted and not.';
comment on column public.grant_years.counted is 'How many of them count.';
comment on column public.grant_years.points is 'How many points they come to.';
comment on column public.grant_years.sha256 is 'The sha256 of the list: of its lines, one an activity, as docs/grants.md has them.';

create table private.grant_year_activities (
    organisation_id uuid not null,
    year int not null,
    activity_id uuid not null,
    line text not null,
    primary key (organisation_id, year, activity_id),
    foreign key (organisation_id, year) references public.grant_years (organisation_id, year)
);
comment on table private.grant_year_activities is 'The lists of the closed years, one line an activity, as they were hashed.';
comment on column private.grant_year_activities.organisation_id is 'The organisation.';
comment on column private.grant_year_activities.year is 'The year.';
comment on column private.grant_year_activities.activity_id is 'The activity; it may be gone by now.';
comment on column private.grant_year_activities.line is 'Its line in the list, in JSON: ids, codes, numbers and dates.';

create type public.grant_activity as (
    activity_id uuid,
    mentor_id uuid,
    coordinator_id uuid,
    activity_type text,
    occurred_on date,
    duration_minutes int,
    participant_count int,
    delivery_mode text,
    event_id uuid,
    place text,
    role text,
    category text,
    rule_id uuid,
    is_counted boolean,
    points int,
    reasons text[],
    duplicate_of uuid,
    total_count bigint
);
comment on type public.grant_activity is
'An activity as it is counted for the state''s grant, or not, and why not.';

create type public.grant_summary as (
    category text,
    activities bigint,
    counted bigint,
    points bigint,
    participants bigint,
    minutes bigint,
    too_short bigint,
    too_few_participants bigint,
    not_in_person bigint,
    not_led_by_peer bigint,
    not_in_norway bigint,
    no_category bigint,
    voided bigint,
    disputed bigint,
    duplicate bigint
);
comment on type public.grant_summary is
'What of a category was counted in a period, and how many activities fail each rule.';

create type public.grant_difference as (
    activity_id uuid,
    mentor_id uuid,
    change_kind text,
    category_then text,
    category_now text,
    counted_then boolean,
    counted_now boolean,
    points_then int,
    points_now int,
    reasons_then text[],
    reasons_now text[],
    changed_fields text[],
    total_count bigint
);
comment on type public.grant_difference is
'What became of an activity since its year was closed: added, removed or changed.';

comment on column public.grant_activity.activity_id is 'The activity.';
comment on column public.grant_activity.mentor_id is 'Whose it is.';
comment on column public.grant_activity.coordinator_id is 'Who registered it by proxy; null: the mentor.';
comment on column public.grant_activity.activity_type is 'Its type.';
comment on column public.grant_activity.occurred_on is 'The day on which it took place.';
comment on column public.grant_activity.duration_minutes is 'How long it was.';
comment on column public.grant_activity.participant_count is 'How many took part, as registered.';
comment on column public.grant_activity.delivery_mode is 'How it was held.';
comment on column public.grant_activity.event_id is 'The meeting that it was, where the app says so.';
comment on column public.grant_activity.place is 'Where it took place, where that is recorded.';
comment on column public.grant_activity.role is 'What the mentor was there, where that is recorded.';
comment on column public.grant_activity.category is 'The category that its type and day come under; null: none.';
comment on column public.grant_activity.rule_id is 'The rule of grant_rules by which it was judged.';
comment on column public.grant_activity.is_counted is 'Whether it counts.';
comment on column public.grant_activity.points is 'The points that it gives: 1, or 0.';
comment on column public.grant_activity.reasons is 'Why it does not count; empty when it does.';
comment on column public.grant_activity.duplicate_of is 'The registration of the same meeting that stands for it.';
comment on column public.grant_activity.total_count is 'The number of activities on all pages.';
comment on column public.grant_summary.category is 'The category; null: the activities that no rule names.';
comment on column public.grant_summary.activities is 'All that were registered, voided ones too.';
comment on column public.grant_summary.counted is 'Those that count.';
comment on column public.grant_summary.points is 'What they come to.';
comment on column public.grant_summary.participants is 'The participants of those that count, as registered.';
comment on column public.grant_summary.minutes is 'The minutes of those that count.';
comment on column public.grant_summary.too_short is 'How many are shorter than the rule asks.';
comment on column public.grant_summary.too_few_participants is 'How many have fewer participants than the rule asks.';
comment on column public.grant_summary.not_in_person is 'How many were held in a way that the rule does not name.';
comment on column public.grant_summary.not_led_by_peer is 'How many the mentor only took part in, where a peer must lead.';
comment on column public.grant_summary.not_in_norway is 'How many took place abroad, where that does not count.';
comment on column public.grant_summary.no_category is 'How many have a type that no rule names.';
comment on column public.grant_summary.voided is 'How many are voided.';
comment on column public.grant_summary.disputed is 'How many the mentor disputes, not settled yet.';
comment on column public.grant_summary.duplicate is 'How many are another registration of a meeting that counts.';
comment on column public.grant_difference.activity_id is 'The activity.';
comment on column public.grant_difference.mentor_id is 'Whose it is, or was.';
comment on column public.grant_difference.change_kind is 'added, removed or changed.';
comment on column public.grant_difference.category_then is 'Its category when the year was closed.';
comment on column public.grant_difference.category_now is 'Its category now.';
comment on column public.grant_difference.counted_then is 'Whether it counted when the year was closed.';
comment on column public.grant_difference.counted_now is 'Whether it counts now.';
comment on column public.grant_difference.points_then is 'Its points when the year was closed.';
comment on column public.grant_difference.points_now is 'Its points now.';
comment on column public.grant_difference.reasons_then is 'Why it did not count then.';
comment on column public.grant_difference.reasons_now is 'Why it does not count now.';
comment on column public.grant_difference.changed_fields is 'What of it changed.';
comment on column public.grant_difference.total_count is 'The number of differences on all pages.';

reset role;
