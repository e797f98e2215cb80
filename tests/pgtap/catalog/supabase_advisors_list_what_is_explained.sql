-- An owner on Supabase opens the advisors and reads what they list. Each of that is explained in docs/security.md; more is a fault.
begin;
select plan(6);

create temporary view our_tables as
select relation.oid, relation.oid::regclass::text as name, relation.relkind, relation.relispartition, relation.relrowsecurity
from pg_class as relation
where relation.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relation.relkind in ('r', 'p')
and pg_get_userbyid(relation.relowner) = 'peerledger_owner';

select bag_eq(
    $$
    select pg_constraint.conname::text
    from pg_constraint
    inner join our_tables on our_tables.oid = pg_constraint.conrelid
    where
        pg_constraint.contype = 'f'
        and pg_constraint.conparentid = 0
        and not exists (
            select
            from pg_index
            where
                pg_index.indrelid = pg_constraint.conrelid
                and (string_to_array(pg_index.indkey::text, ' ')::smallint[])[1:cardinality(pg_constraint.conkey)]
                = pg_constraint.conkey
        )
    $$,
    array[
        'activities_organisation_id_mentor_id_fkey',
        'activity_notes_organisation_id_activity_id_fkey',
        'certification_run_totals_organisation_id_fkey',
        'certifications_organisation_id_mentor_id_fkey',
        'earned_badges_organisation_id_mentor_id_fkey',
        'hlf_sync_state_mentor_id_organisation_id_fkey',
        'peer_mentors_organisation_id_chapter_id_fkey'
    ],
    'unindexed_foreign_keys: those only that an index of the mentor, the activity or the chapter serves, and one of few rows'
);
select bag_eq(
    $$
    select our_tables.name
    from our_tables
    where
        our_tables.relkind = 'r'
        and not exists (select from pg_index where pg_index.indrelid = our_tables.oid and pg_index.indisprimary)
    $$,
    array['private.sealed_entries'],
    'no_primary_key: one table, which has a unique constraint'
);
select is_empty(
    $$
    select tablename, replace(indexdef, indexname, '')
    from pg_indexes
    where schemaname in ('public', 'private')
    group by 1, 2
    having count(*) > 1
    $$,
    'duplicate_index: none'
);
select is_empty(
    $$
    select tablename, policyname
    from pg_policies
    where
        schemaname in ('public', 'private')
        and concat(qual, with_check) ~ '(auth\.(uid|jwt|role|email)\(\)|current_setting\()'
    $$,
    'auth_rls_initplan: no policy asks who the caller is but through our functions, which are asked once'
);
select is_empty(
    $$
    select tablename, policyname
    from pg_policies
    where
        schemaname in ('public', 'private')
        and permissive = 'PERMISSIVE'
        and roles && array['public', 'anon', 'authenticated']::name[]
        and cmd <> 'SELECT'
        and 'true' in (coalesce(qual, with_check), coalesce(with_check, qual))
    $$,
    'rls_policy_always_true: no client writes what it likes'
);
select is_empty(
    $$
    select our_tables.name
    from our_tables
    where
        our_tables.relrowsecurity
        and not our_tables.relispartition
        and not exists (select from pg_policy where pg_policy.polrelid = our_tables.oid)
    $$,
    'rls_enabled_no_policy: partitions only, which nobody reads but through their log'
);
select finish();
rollback;
