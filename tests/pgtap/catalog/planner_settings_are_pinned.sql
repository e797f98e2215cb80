-- Where a bad plan would cost every insert or every claim the function pins what the planner may do, and what waits for a
-- lock on a log gives up soon. Taken away, nothing is wrong and everything is slow: no other test can tell.
begin;
select plan(1);
select is_empty(
    $$
    with pinned as (
        select format('%s.%s', routine.pronamespace::regnamespace, routine.proname) as name, setting
        from pg_proc as routine
        cross join unnest(routine.proconfig) as setting
    )
    select wanted.name, setting
    from (
        values
        ('private.ensure_log_partitions', array['lock_timeout=5s']),
        ('private.guard_versions', array['jit=off']),
        (
            'private.tg_activities__evaluate_inserted',
            array['enable_seqscan=off', 'plan_cache_mode=force_generic_plan']
        ),
        ('private.prune_log_month', array['lock_timeout=5s']),
        ('private.read_log_month', array['TimeZone=UTC']),
        ('public.claim_hlf_sync', array['enable_seqscan=off', 'plan_cache_mode=force_generic_plan']),
        (
            'public.complete_hlf_sync',
            array['enable_indexscan=off', 'enable_seqscan=off', 'plan_cache_mode=force_generic_plan']
        ),
        ('private.evaluate_activities', array['enable_seqscan=off', 'jit=off', 'plan_cache_mode=force_generic_plan']),
        (
            'private.tg_activities__check_proxy_inserted',
            array['enable_indexscan=off', 'enable_seqscan=off', 'jit=off', 'plan_cache_mode=force_generic_plan']
        ),
        (
            'private.tg_activities__check_proxy_updated',
            array['enable_indexscan=off', 'enable_seqscan=off', 'jit=off', 'plan_cache_mode=force_generic_plan']
        ),
        (
            'public.check_proxy_activities',
            array['enable_indexscan=off', 'enable_seqscan=off', 'jit=off', 'plan_cache_mode=force_generic_plan']
        ),
        (
            'public.register_proxy_activities',
            array['enable_indexscan=off', 'enable_seqscan=off', 'jit=off', 'plan_cache_mode=force_generic_plan']
        ),
        (
            'public.register_proxy_activity',
            array['enable_indexscan=off', 'enable_seqscan=off', 'jit=off', 'plan_cache_mode=force_generic_plan']
        ),
        (
            'public.update_proxy_activity',
            array['enable_indexscan=off', 'enable_seqscan=off', 'jit=off', 'plan_cache_mode=force_generic_plan']
        ),
        ('private.tg_activities__log_proxy_updated', array['enable_nestloop=off']),
        ('private.cancel_needless_removals', array['enable_indexscan=off', 'enable_seqscan=off']),
        ('private.queue_hlf_sync', array['enable_indexscan=off', 'enable_nestloop=on', 'enable_seqscan=off']),
        ('public.reconcile_hlf_sync', array['enable_nestloop=off']),
        ('private.record_hlf_sightings', array['enable_nestloop=off']),
        ('private.record_lost_attempts', array['enable_indexscan=off', 'enable_seqscan=off']),
        ('private.do_certification_events', array['enable_indexscan=off', 'enable_seqscan=off']),
        ('private.due_certification_events', array['enable_indexscan=off', 'enable_seqscan=off']),
        ('public.find_duplicate_transitions', array['jit=off']),
        ('private.set_mentor_status', array['enable_indexscan=off', 'enable_seqscan=off']),
        ('private.tg_peer_mentors__record_status_changes', array['enable_nestloop=off'])
    ) as wanted (name, settings)
    cross join unnest(wanted.settings) as setting
    except
    select pinned.name, pinned.setting from pinned
    $$,
    'each of these functions has its settings'
);
select finish();
rollback;
