-- depends: 0040.what_was_registered
-- Which months of the logs were counted for their organisations (entries log_month_counted of security_events).
set role peerledger_owner;
create table private.counted_months (
    log_name text not null,
    month date not null,
    leaves bigint not null,
    counted_at timestamptz not null default clock_timestamp(),
    primary key (log_name, month),
    constraint month_is_a_first_day check (extract(day from month) = 1)
);
comment on table private.counted_months is
'How many leaves a month of a log had when its statements were last written: when it has more, new ones are. Bookkeeping only.';
reset role;
