-- depends: 0056.log_pages
-- A project that was migrated before another one's rows are copied into it holds two: its own, over nothing, and theirs.
set role peerledger_owner;

alter table private.completeness_baseline drop column only_row;
alter table private.completeness_baseline add primary key (began_at);
comment on table private.completeness_baseline is
'Since when every change has its entry, and what private.activity_baseline held then. An entry completeness_began of '
'security_events, which is sealed, says the same. Read it through private.completeness_began.';

reset role;
