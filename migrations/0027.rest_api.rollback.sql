-- By whoever owns the publication; a table that is dropped later would leave it by itself.
do $$
declare
    v_table regclass;
begin
    for v_table in
        select published.prrelid
        from pg_publication_rel as published
        inner join pg_publication as publication on publication.oid = published.prpubid
        where
            publication.pubname = 'supabase_realtime'
            and published.prrelid in ('public.earned_badges'::regclass, 'public.notifications'::regclass)
    loop
        execute format('alter publication supabase_realtime drop table %s', v_table);
    end loop;
exception
    when insufficient_privilege then
        raise notice 'supabase_realtime belongs to another role and is left as it is.';
end
$$;

set role peerledger_owner;
alter table public.hlf_sync_state
drop constraint hlf_sync_state_mentor_id_organisation_id_fkey,
add constraint hlf_sync_state_organisation_id_mentor_id_fkey
foreign key (organisation_id, mentor_id) references public.peer_mentors (organisation_id, id) on update cascade;

drop type public.certification_run;
drop type public.simulated_certification_event;
drop type public.duplicate_transition;
drop type public.cross_org_award;
drop type public.proxy_entry_problem;
drop type public.proxy_activity_state;
drop type public.missed_night;
drop type public.hlf_sync_audit_summary;
drop type public.hlf_sync_state_summary;
drop type public.hlf_removal_times;
reset role;
