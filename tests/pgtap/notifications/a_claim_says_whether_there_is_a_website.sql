begin;
select plan(2);
select tests.make_two_organisations();
insert into public.organisation_settings (organisation_id, website_sync_enabled, locale)
values (tests.id('organisation', 'south'), false, 'nn')
on conflict on constraint organisation_settings_pkey
do update set website_sync_enabled = excluded.website_sync_enabled, locale = excluded.locale;
insert into public.notifications (organisation_id, recipient_mentor_id, kind, payload, dedupe_key)
select tests.id('organisation', organisation), tests.id('mentor', mentor), 'status_changed', '{}', organisation
from (values ('north', 'olga'), ('south', 'sara')) as given (organisation, mentor);

create temporary table claimed as
select message.organisation_id, message.is_on_website, message.locale
from public.claim_notifications('worker', as_of => '2100-06-01 12:00+02') as message
where message.kind = 'status_changed';

select is(
    (select bool_and(is_on_website) from claimed where organisation_id = tests.id('organisation', 'north')),
    true, 'an organisation without settings keeps a website'
);
select is(
    (select string_agg(distinct locale || is_on_website, ',') from claimed where organisation_id = tests.id('organisation', 'south')),
    'nnfalse', 'one that switched the sync off does not, and it may write nynorsk'
);
select * from finish();
rollback;
