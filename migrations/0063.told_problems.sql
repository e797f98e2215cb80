-- depends: 0058.attested_times
-- What the operators were told of already, so that a runner that is started again, or another one, wakes nobody twice.
set role peerledger_owner;
create table private.told_problems (
    receiver text not null,
    problem_key text not null,
    code text not null,
    severity text not null,
    organisation_id uuid,
    message text not null,
    told_at timestamptz not null default clock_timestamp(),
    primary key (receiver, problem_key)
);
comment on table private.told_problems is
'Problems that need a person and that a receiver of alerts was told of, until it is told that they are over. Bookkeeping only.';
comment on column private.told_problems.receiver is 'Which receiver, by a name that the runner gives it; no address.';
comment on column private.told_problems.problem_key is 'Which problem: a hash of its code, its organisation and what to do.';
comment on column private.told_problems.told_at is 'When it was told last.';
reset role;
