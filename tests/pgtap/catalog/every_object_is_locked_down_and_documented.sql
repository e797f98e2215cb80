-- Over all objects in our two schemas, found live: what is added later is held to it too.
begin;
create temporary view our_functions as
select function.*, function.oid::regprocedure as signature
from pg_proc as function
where
    function.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    and not exists (
        select from pg_depend where classid = 'pg_proc'::regclass and objid = function.oid and deptype = 'e'
    );
-- Embedding for the REST API: from the row of a table to the one row of another.
create temporary view computed_relationships as
select function.*
from our_functions as function
where
    function.pronamespace = 'public'::regnamespace
    and function.pronargs = 1
    and exists (select from pg_class where reltype = function.proargtypes[0] and relkind in ('r', 'p'))
    and exists (select from pg_class where reltype = function.prorettype and relkind in ('r', 'p'))
    and function.proretset
    and function.prorows = 1
    and function.provolatile = 's'
    and not function.prosecdef
    and function.prolang = (select oid from pg_language where lanname = 'sql');
create temporary view our_relations as
select relation.*, relation.oid::regclass as relation_name
from pg_class as relation
where
    relation.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and relation.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    and not exists (
        select from pg_depend where classid = 'pg_class'::regclass and objid = relation.oid and deptype = 'e'
    );
create temporary view relation_grants as
select
    relation.relation_name, relation.relnamespace, relation.relkind,
    case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end as grantee, acl.privilege_type
from our_relations as relation
cross join lateral (
    select * from aclexplode(
        coalesce(relation.relacl, acldefault(case relation.relkind when 'S' then 's' else 'r' end::"char", relation.relowner))
    )
    union all
    select column_acl.*
    from pg_attribute as relation_column
    cross join aclexplode(relation_column.attacl) as column_acl
    where relation_column.attrelid = relation.oid and relation_column.attacl is not null
) as acl;

select plan(23);
select cmp_ok((select count(*) from our_functions), '>=', 20::bigint, 'functions were found');
select cmp_ok((select count(*) from our_relations), '>=', 20::bigint, 'tables were found');
select isnt_empty(
    $$ select from relation_grants where grantee = 'authenticated' and privilege_type = 'SELECT' $$, 'grants were found'
);

select is_empty(
    $$
    select relation_name
    from our_relations
    where
        relkind in ('r', 'p')
        and (relnamespace = 'public'::regnamespace or relispartition)
        and not (relrowsecurity and relforcerowsecurity)
    $$,
    'row level security is on and forced for every public table and every partition'
);
select is_empty(
    $$ select * from relation_grants where grantee in ('anon', 'public') $$, 'anon and PUBLIC have no relation'
);
select is_empty(
    $$
    select * from relation_grants
    where
        grantee in ('authenticated', 'service_role')
        and privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    $$,
    'no TRUNCATE, REFERENCES or TRIGGER for an API role'
);
select is_empty(
    $$
    select * from relation_grants
    where grantee in ('authenticated', 'service_role') and relnamespace = 'private'::regnamespace
    $$,
    'what is private is not for the API roles'
);
select is_empty(
    $$
    select relation_name from our_relations
    where relnamespace = 'public'::regnamespace and relowner <> 'peerledger_owner'::regrole
    $$,
    'our owner owns every public table'
);
select is_empty(
    $$
    select relation_name from our_relations
    where relkind = 'v' and not coalesce('security_invoker=true' = any (reloptions), false)
    $$,
    'every view is a security invoker'
);
select is_empty(
    $$
    select policy.polrelid::regclass, policy.polname
    from pg_policy as policy
    inner join our_relations as relation on relation.oid = policy.polrelid
    where policy.polpermissive and (policy.polroles = '{0}' or 'anon'::regrole = any (policy.polroles))
    $$,
    'every permissive policy names its roles, and none is for anon'
);
select is_empty(
    $$
    select policy.polrelid::regclass, role_id::regrole, command.code
    from pg_policy as policy
    inner join our_relations as relation on relation.oid = policy.polrelid
    cross join unnest(policy.polroles) as role_id
    cross join (values ('r'), ('a'), ('w'), ('d')) as command (code)
    where policy.polpermissive and policy.polcmd in ('*', command.code::"char")
    group by 1, 2, 3
    having count(*) > 1
    $$,
    'one permissive policy for a table, a role and a command'
);

select is_empty(
    $$
    select signature from our_functions
    where
        not coalesce('search_path=pg_catalog, pg_temp' = any (proconfig), false)
        -- Inlined into the functions that call them, which pin it; nobody else may.
        and not (
            (pronamespace::regnamespace || '.' || proname) in (
                'private.activity_sha256',
                'private.count_activity_days',
                'private.fits_headroom',
                'private.has_address',
                'private.is_uuid',
                'private.json_time',
                'private.leaf_hash',
                'private.reaches'
            )
            and proacl = array[makeaclitem(proowner, proowner, 'EXECUTE', false)]
        )
        -- Inlined into what the REST API asks, as the caller, with the caller's path.
        and oid not in (select oid from computed_relationships)
        -- A procedure that pins it may not commit; this one sets the session's first.
        and not (signature = 'private.run_night(text[],timestamptz)'::regprocedure and not prosecdef)
    $$,
    'every function pins its search_path, but for the few that are inlined and the one that commits'
);
select is_empty(
    $$
    select function.signature
    from our_functions as function
    cross join aclexplode(coalesce(function.proacl, acldefault('f', function.proowner))) as acl
    where acl.grantee in (0, 'anon'::regrole)
    $$,
    'PUBLIC and anon may call nothing'
);
select is_empty(
    $$
    select proname, count(*) from our_functions
    where oid not in (select oid from computed_relationships)
    group by pronamespace, proname
    having count(*) > 1
    $$,
    'nothing is overloaded, but for the computed relationships, which take a row of one table each'
);
select bag_eq(
    $$ select format('%s.%s', pronamespace::regnamespace, proname) from our_functions where prosecdef $$,
    array[
            'private.adopt_seals',
            'private.begin_checkpoint',
            'private.check_badge_rollups',
            'private.count_log_months',
            'private.ensure_log_partitions',
            'private.erase_log_entry',
            'private.evidence_entries',
            'private.is_in_my_scope',
            'private.keep_to_catalogue',
            'private.log_months',
            'private.mask_log_texts',
            'private.month_statement',
            'private.my_mentor_ids',
            'private.my_organisation_ids',
            'private.my_own_organisation_ids',
            'private.my_scope_mentor_ids',
            'private.pocket_proof',
            'private.prepare_proxy_entries',
            'private.proxy_standings',
            'private.prune_log_month',
            'private.raise_alert',
            'private.read_log_month',
            'private.record_checkpoint',
            'private.record_receipt',
            'private.record_security_event',
            'private.refuse_log_change',
            'private.require_coordinator',
            'private.require_grant_period',
            'private.require_mentor_in_scope',
            'private.require_organisation',
            'private.require_own_or_coordinated',
            'private.require_plain_json',
            'private.require_whole_organisation',
            'private.restart_seals',
            'private.seal_archived',
            'private.seal_erased',
            'private.seal_logs',
            'private.seal_problems',
            'private.seal_status',
            'private.set_log_retention',
            'private.stamp_log_entry',
            'private.tg_activities__check_proxy_inserted',
            'private.tg_activities__check_proxy_updated',
            'private.tg_activities__evaluate_inserted',
            'private.tg_activities__evaluate_updated',
            'private.tg_activities__log_proxy_deleted',
            'private.tg_activities__log_proxy_inserted',
            'private.tg_activities__log_proxy_updated',
            'private.tg_activities__notify_spoken_for',
            'private.tg_activities__record_changes',
            'private.tg_activities__recount_deleted',
            'private.tg_activities__refuse_impossible',
            'private.tg_activities__refuse_names',
            'private.tg_activities__refuse_taken_ids',
            'private.tg_all__mask_texts',
            'private.tg_all__refuse_names_in_lists',
            'private.tg_all__take_turns',
            'private.tg_badge_definitions__check_criteria',
            'private.tg_badge_definitions__compile',
            'private.tg_badge_definitions__record_changes',
            'private.tg_badge_definitions__refuse_names',
            'private.tg_certifications__record_changes',
            'private.tg_chapters__record_changes',
            'private.tg_coordinator_assignments__record_changes',
            'private.tg_earned_badges__invalidate',
            'private.tg_earned_badges__record_changes',
            'private.tg_grant_rules__check_types',
            'private.tg_grant_rules__keep_published',
            'private.tg_grant_rules__record_changes',
            'private.tg_grant_years__record_changes',
            'private.tg_organisation_settings__record_changes',
            'private.tg_organisations__record_changes',
            'private.tg_peer_mentors__queue_changed',
            'private.tg_peer_mentors__queue_inserted',
            'private.tg_peer_mentors__record_changes',
            'private.tg_peer_mentors__record_status_changes',
            'private.tg_proxy_audit_log__stamp_entry',
            'private.tg_proxy_disputes__record_changes',
            'private.visible_day_range',
            'private.write_alert',
            'private.write_security_event',
            'public.acknowledge_alert',
            'public.begin_certification_run',
            'public.check_proxy_activities',
            'public.claim_hlf_sync',
            'public.claim_notifications',
            'public.close_grant_year',
            'public.compare_criteria',
            'public.complete_hlf_sync',
            'public.complete_notifications',
            'public.continue_badge_reconciliation',
            'public.dispute_proxy_activity',
            'public.evaluate_badges',
            'public.explain_badge',
            'public.extend_hlf_sync_leases',
            'public.find_cross_org_awards',
            'public.find_duplicate_transitions',
            'public.find_missed_nights',
            'public.forget_mentor',
            'public.get_badge_progress',
            'public.get_certification_runs',
            'public.get_compliance_report',
            'public.get_entry_proof',
            'public.get_grant_differences',
            'public.get_grant_summary',
            'public.get_hlf_exposure',
            'public.get_hlf_removal_times',
            'public.get_hlf_sync_audit_summary',
            'public.get_hlf_sync_state_summary',
            'public.get_mentor_audit_history',
            'public.get_organisation_status',
            'public.get_proxy_history',
            'public.get_run_summary',
            'public.lift_legal_hold',
            'public.list_grant_activities',
            'public.merge_mentors',
            'public.move_mentor',
            'public.pause_hlf_sync',
            'public.preview_badge',
            'public.reconcile_badges',
            'public.reconcile_hlf_sync',
            'public.record_credential_check',
            'public.register_device_token',
            'public.register_proxy_activities',
            'public.register_proxy_activity',
            'public.reinstate_badge',
            'public.remove_device_token',
            'public.renew_certification',
            'public.requeue_dead_letters',
            'public.requeue_hlf_sync',
            'public.requeue_notifications',
            'public.resolve_proxy_dispute',
            'public.resume_hlf_sync',
            'public.revoke_badge',
            'public.run_certification_expiry',
            'public.set_grant_rule',
            'public.set_legal_hold',
            'public.simulate_activities',
            'public.simulate_certification_expiry',
            'public.start_badge_reconciliation',
            'public.transition_mentor_status',
            'public.update_proxy_activity',
            'public.void_certification'
        ],
    'each security definer is one that was thought about: add it to the list with its reason beside the code'
);
select is_empty(
    $$
    select signature from our_functions
    -- What opens a connection back to the server: only a superuser's function can, without a password.
    where
        proowner <> 'peerledger_owner'::regrole
        and proname not in ('write_security_event', 'wait_for_dblink')
    $$,
    'our owner owns every function'
);
select is_empty(
    $$ select signature from our_functions where coalesce(obj_description(oid, 'pg_proc'), '') = '' $$,
    'every function says what it is for'
);
select is_empty(
    $$
    select relation_name from our_relations
    where
        relkind in ('r', 'p', 'v')
        and not relispartition
        and relowner = 'peerledger_owner'::regrole
        and coalesce(obj_description(oid, 'pg_class'), '') = ''
    $$,
    'every table says what it holds'
);
select is_empty(
    $$
    select relation.relation_name, working_role.role_name, command.code
    from our_relations as relation
    cross join (values ('peerledger_owner'::regrole), ('service_role'::regrole)) as working_role (role_name)
    cross join (values ('r'), ('a'), ('w'), ('d')) as command (code)
    where
        relation.relnamespace = 'public'::regnamespace
        and relation.relkind in ('r', 'p')
        and exists (
            select
            from pg_policy as policy
            where
                policy.polrelid = relation.oid
                and policy.polpermissive
                and policy.polroles = array[working_role.role_name::oid]
                and policy.polcmd in ('*', command.code::"char")
        ) <> (
            command.code in ('r', 'a')
            or not exists (select from private.logs where log_name = relation.relname)
        )
    $$,
    'our functions and the service role work on every row of every table, and only read and add in a log'
);
select is_empty(
    $$ select signature from our_functions where prosrc ~ 'P0002|no_data_found' $$,
    'no function raises P0002, of which the REST API makes a server error: not found is PT404'
);
select is_empty(
    $$
    select relation.relation_name, relation_column.attname
    from pg_class as described
    inner join pg_attribute as relation_column on relation_column.attrelid = described.oid
    cross join lateral (select described.oid::regclass as relation_name) as relation
    where
        described.relnamespace = 'public'::regnamespace
        and described.relowner = 'peerledger_owner'::regrole
        and described.relkind in ('r', 'p', 'v', 'c')
        and not described.relispartition
        and relation_column.attnum > 0
        and not relation_column.attisdropped
        and coalesce(col_description(described.oid, relation_column.attnum), '') = ''
    $$,
    'every column that the REST API shows, of tables and of the rows of functions, says what it holds'
);
select is_empty(
    $$
    select signature, obj_description(oid, 'pg_proc') from our_functions
    -- OpenAPI takes the first line for the summary.
    where
        pronamespace = 'public'::regnamespace
        and obj_description(oid, 'pg_proc') !~ '^[A-Z][^\n]{10,139}[.](\n|$)'
    $$,
    'the comment of what clients call begins with a line that is a whole sentence'
);
select is_empty(
    $$
    select relation_name, obj_description(oid, 'pg_class') from our_relations
    where
        relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') and not relispartition
        and obj_description(oid, 'pg_class') !~ '^[A-Z][^\n]{10,159}[.](\n|$)'
    $$,
    'and that of a table, too'
);
select * from finish();
rollback;
