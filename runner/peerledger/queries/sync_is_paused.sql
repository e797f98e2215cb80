-- Does one of these organisations (null: any) wait for a good credential check?
select exists (
    select from public.hlf_sync_pauses
    where
        reason = 'credentials_refused'
        and organisation_id = any (coalesce(%(organisations)s::uuid[], array[organisation_id]))
);
