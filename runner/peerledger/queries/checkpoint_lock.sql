-- One at a time until the connection ends, or two runners would sign side by side.
select pg_advisory_lock(hashtextextended('peerledger checkpoint', 0));
