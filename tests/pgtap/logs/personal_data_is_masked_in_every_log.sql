begin;
select plan(4);
create temporary table told (said text);
insert into told values ('Ring 41234567 or kari@example.no');
-- As the staff, whose texts pass the catalogue: what others add is in what_others_add_is_of_the_catalogue.sql.
insert into public.badge_evaluation_logs (peer_mentor_id, org_id, duration_ms, source, error_message)
select gen_random_uuid(), gen_random_uuid(), 1, 'manual', said from told;
grant select on told to peerledger_owner;
select tests.acts_as('peerledger_owner');
insert into public.security_events (event_kind, table_name) select 'reported', said from told;
reset role;
select is(
    (select error_message from public.badge_evaluation_logs), 'Ring [phone] or [e-mail]', 'badge_evaluation_logs'
);
select is(
    (select table_name from public.security_events where event_kind = 'reported'), 'Ring [phone] or [e-mail]',
    'security_events'
);
select is_empty(
    $$
    select log.log_name, text_column.attname
    from private.logs as log
    inner join pg_attribute as text_column
        on
            text_column.attrelid = format('public.%I', log.log_name)::regclass
            and text_column.atttypid in ('text'::regtype, 'varchar'::regtype)
    where
        not exists (
            select
            from pg_constraint as value_list
            where
                value_list.conrelid = text_column.attrelid
                and value_list.conkey = array[text_column.attnum]
                and pg_get_constraintdef(value_list.oid) like '%= ANY (%'
        )
        and not exists (
            select
            from pg_trigger as trigger
            where
                trigger.tgrelid = text_column.attrelid
                and trigger.tgname = '_300_mask_texts'
                and trigger.tgenabled = 'A'
                and encode(trigger.tgargs, 'escape') like '%' || text_column.attname || '%'
        )
    $$,
    'every free-text column of every log'
);
select isnt_empty(
    $$ select from pg_trigger where tgname = '_300_mask_texts' and tgparentid <> 0 $$, 'and on the partitions'
);
select * from finish();
rollback;
