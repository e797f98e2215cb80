"""The thin runner around the Peerledger database: it applies, loads, shows; SQL decides."""
