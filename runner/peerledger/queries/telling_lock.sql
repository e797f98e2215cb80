-- One worker tells at a time. Did we get the lock? It goes with the connection.
select pg_try_advisory_lock(hashtextextended('peerledger alerts', 0));
